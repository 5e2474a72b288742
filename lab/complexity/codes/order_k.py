"""The ideal adaptive Markov code of order k: in every context of k symbols a code of Krichevsky and Trofimov 1981.

Rissanen 1984 (IEEE Trans. Inf. Theory 30): each of the m^k (m − 1) free parameters costs about ½ log2 n bits, so with
many symbols a high order pays only on a long message. The symbols before the first are taken to be 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from lab.complexity.code import Message, Proof, SequentialCode, Symbols
from lab.complexity.krichevsky import count_adaptive_bits
from lab.core.errors import InputError

LARGEST_TABLE = 2**24  # pairs of context and symbol that are counted in a table; more, or sparser ones, are sorted
LARGEST_INDEX = 2**62
PIECE = 2**20


@dataclass(frozen=True)
class OrderK(SequentialCode):
    """`order`: k, symbols of context."""

    proof: ClassVar[Proof] = "kraft"
    most_symbols: ClassVar[int] = 2**25
    order: int = 2

    def __post_init__(self) -> None:
        if self.order < 0:
            raise InputError("order_k.order", self.order, "must not be negative")

    def count_bits(self, message: Message) -> float:
        """Ideal length, −log2 of the adaptive probability; `InputError` where m^(k+1) exceeds 2^62."""
        alphabet = message.alphabet
        pairs = alphabet ** (self.order + 1)
        if pairs > LARGEST_INDEX:
            raise InputError("order_k.order", self.order, f"{alphabet} symbols allow a smaller order", "lower it")
        if pairs <= min(LARGEST_TABLE, 4 * len(message)):
            counts = np.zeros(pairs, dtype=np.int64)
            for start in range(0, len(message), PIECE):
                counts += np.bincount(
                    _index_pairs(message.sequence, alphabet, self.order, start, start + PIECE), minlength=pairs
                )
            return count_adaptive_bits(counts, counts.reshape(-1, alphabet).sum(axis=1), alphabet)
        index = _index_pairs(message.sequence, alphabet, self.order, 0, len(message))
        seen, counts = np.unique(index, return_counts=True)
        starts = np.flatnonzero(np.diff(seen // alphabet, prepend=-1))
        return count_adaptive_bits(counts, np.add.reduceat(counts, starts) if len(seen) else counts, alphabet)


def _index_pairs(sequence: Symbols, alphabet: int, order: int, start: int, stop: int) -> NDArray[np.int64]:
    """Context and symbol as one number, for every position from `start` to `stop`."""
    first = max(0, start - order)
    known = sequence[first:stop].astype(np.int64)
    padded = np.concatenate([np.zeros(order - (start - first), dtype=np.int64), known])
    length = len(padded) - order
    index = np.zeros(length, dtype=np.int64)
    for lag in range(order + 1):
        index = index * alphabet + padded[lag : lag + length]
    return index


code = OrderK
