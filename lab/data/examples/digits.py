"""The 1797 handwritten digits of 8 × 8 grey pixels that scikit-learn carries (Alpaydin and Kaynak 1998, UCI).

500 of them, the same for everybody, are held out. The file is read where the package keeps it: importing scikit-learn
would cost every run a second.
"""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from lab.core.errors import RefusedError
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
    table = np.loadtxt(_find_file(), delimiter=",")
    pixels, labels = table[:, :-1], table[:, -1]
    inputs = ((pixels / BRIGHTEST - MEAN) / DEVIATION).astype(np.float32).reshape(-1, *Digits.shape)
    order = open_stream(HELDOUT_SEED, "digits", "split").permutation(ALL)
    heldout, training = order[:HELDOUT], order[HELDOUT:]
    labels = labels.astype(np.int64)
    return Examples(inputs[training], labels[training]), Examples(inputs[heldout], labels[heldout])


def _find_file() -> Path:
    """The package's file; raises `RefusedError` where it has none."""
    spec = importlib.util.find_spec("sklearn")
    folder = Path(spec.origin).parent if spec and spec.origin else Path()
    file = folder / "datasets" / "data" / "digits.csv.gz"
    if not file.is_file():
        raise RefusedError("digits", str(file), "scikit-learn brings them", "pip install scikit-learn again")
    return file


@lru_cache(maxsize=1)
def _hash_split() -> str:
    return hash_bytes(b"".join(array.tobytes() for part in _load_split() for array in part))
