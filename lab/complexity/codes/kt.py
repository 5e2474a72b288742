"""The ideal adaptive code of independent symbols: Krichevsky and Trofimov 1981, one context.

Within ½ log2 n + 1 bits of n times the empirical entropy for two symbols: the unbiased reference no packer gives.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from lab.complexity.code import Message, Proof, SequentialCode
from lab.complexity.krichevsky import count_adaptive_bits

PIECE = 2**22


@dataclass(frozen=True)
class KrichevskyTrofimov(SequentialCode):
    """No dials."""

    proof: ClassVar[Proof] = "kraft"

    def count_bits(self, message: Message) -> float:
        """Ideal length, −log2 of the adaptive probability."""
        counts = np.zeros(message.alphabet, dtype=np.int64)
        for start in range(0, len(message), PIECE):  # counting widens what it counts to eight bytes a symbol
            counts += np.bincount(message.sequence[start : start + PIECE], minlength=message.alphabet)
        return count_adaptive_bits(counts, np.array([len(message)]), message.alphabet)


code = KrichevskyTrofimov
