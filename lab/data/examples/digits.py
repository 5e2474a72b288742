"""The 1797 handwritten digits of 8 × 8 grey pixels that scikit-learn carries (Alpaydin and Kaynak 1998, UCI).

500 of them, the same for everybody, are held out.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from sklearn.datasets import load_digits

from lab.core.fingerprint import hash_bytes
from lab.core.seeds import open_stream
from lab.data.examples import HELDOUT_SEED, Examples, FixedExamples

HELDOUT = 500
ALL = 1797
BRIGHTEST, MEAN, DEVIATION = 16.0, 0.305, 0.376  # pixels are 0 … 16; mean and deviation are of pixels in 0 … 1


@dataclass(frozen=True)
class Digits(FixedExamples):
    """Ten digits."""

    classes = 10
    shape = (1, 8, 8)
    licence = "CC BY 4.0; package BSD-3-Clause"
    extent = "1797 pictures"

    def content_hash(self) -> str:
        """Of pixels and labels as they are split."""
        return _hash_split()

    def count_most(self) -> int:
        """All that are not held out."""
        return ALL - HELDOUT

    def load_split(self) -> tuple[Examples, Examples]:
        """1297 and 500."""
        return _load_split()


source = Digits


@lru_cache(maxsize=1)
def _load_split() -> tuple[Examples, Examples]:
    pixels, labels = load_digits(return_X_y=True)
    inputs = ((pixels / BRIGHTEST - MEAN) / DEVIATION).astype(np.float32).reshape(-1, *Digits.shape)
    order = open_stream(HELDOUT_SEED, "digits", "split").permutation(ALL)
    heldout, training = order[:HELDOUT], order[HELDOUT:]
    labels = labels.astype(np.int64)
    return Examples(inputs[training], labels[training]), Examples(inputs[heldout], labels[heldout])


@lru_cache(maxsize=1)
def _hash_split() -> str:
    return hash_bytes(b"".join(array.tobytes() for part in _load_split() for array in part))
