"""Context-tree weighting: Willems, Shtarkov and Tjalkens 1995 (IEEE Trans. Inf. Theory 41, eq. 14), ideal length.

The Bayes mixture over all tree models up to a depth, a code of Krichevsky and Trofimov in every leaf. More than two
symbols are coded bit by bit, a tree for every beginning of a symbol (Tjalkens, Willems and Shtarkov 1994). The
symbols before the first are taken to be 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numba import njit

from lab.complexity.code import Message, Proof, SequentialCode, Symbols
from lab.core.errors import InputError

LARGEST_TREE = 2**22  # nodes; when they are used up, paths end at their deepest node, in the decoder as here
LARGEST_RATIO = 1e200  # of the weights of a node: keeps them finite, and is known to the decoder too


@dataclass(frozen=True)
class ContextTree(SequentialCode):
    """`depth`: bits of context; whole symbols, at least one (32: four bytes, or thirty-two binary symbols)."""

    proof: ClassVar[Proof] = "kraft"
    most_symbols: ClassVar[int] = 2**18  # half a second to two, and ten messages are described beside their baselines
    depth: int = 32

    def __post_init__(self) -> None:
        if self.depth < 1:
            raise InputError("context_tree.depth", self.depth, "must be at least 1")

    def count_bits(self, message: Message) -> float:
        """Ideal length, −log2 of the mixture's probability."""
        width = (message.alphabet - 1).bit_length()
        depth = max(1, self.depth // width)
        wanted = 2 * len(message) * width * (depth + 1)
        return float(_count_bits(message.sequence, width, depth, min(LARGEST_TREE, max(wanted, 16)).bit_length()))


@njit(cache=True)
def _count_bits(sequence: Symbols, width: int, depth: int, log_slots: int) -> float:
    """Sequential form (Willems et al. 1995, section V): a node keeps its two counts and the ratio of its two weights.

    Nodes stand in a hash table under a 64-bit key of (tree, context); were two ever to share a key, the length would
    still be that of a code, since encoder and decoder share it alike. A longer message has a larger table, up to the
    largest: none smaller than that is ever used up, so that the length of a beginning is the same in both.
    """
    slots = 1 << log_slots
    keys = np.zeros(slots, dtype=np.uint64)
    counts = np.zeros((slots, 2), dtype=np.uint32)
    ratios = np.ones(slots)
    room = slots // 2
    path = np.empty(depth + 1, dtype=np.int64)
    predicted = np.empty(depth + 1)
    bits = 0.0
    for t in range(len(sequence)):
        beginning = 1
        for shift in range(width - 1, -1, -1):
            bit = (sequence[t] >> shift) & 1
            key = _mix(np.uint64(beginning))
            length = 0
            for d in range(depth + 1):
                if d > 0:
                    symbol = sequence[t - d] if t >= d else 0
                    key = _mix(key ^ np.uint64(symbol + 1))
                slot = np.int64(key >> np.uint64(64 - log_slots))
                while keys[slot] != key and keys[slot] != 0:
                    slot = (slot + 1) & (slots - 1)
                if keys[slot] == 0:
                    if room == 0:
                        break
                    room -= 1
                    keys[slot] = key
                path[d] = slot
                length = d + 1
            if length > 0:
                bits -= np.log2(_update_path(counts, ratios, path[:length], predicted, bit))
            else:
                bits += 1.0
            beginning = 2 * beginning + bit
    return bits


@njit(cache=True)
def _update_path(counts, ratios, path, predicted, bit):  # type: ignore[no-untyped-def]
    """The mixture's probability of `bit` at the root; then every node of the path learns the bit."""
    deepest = len(path) - 1
    for d in range(deepest, -1, -1):
        slot = path[d]
        own = (counts[slot, bit] + 0.5) / (np.float64(counts[slot, 0]) + counts[slot, 1] + 1.0)
        if d == deepest:
            predicted[d] = own
        else:
            below = predicted[d + 1]
            predicted[d] = (ratios[slot] * own + below) / (ratios[slot] + 1.0)
            ratios[slot] = min(max(ratios[slot] * own / below, 1.0 / LARGEST_RATIO), LARGEST_RATIO)
        counts[slot, bit] += 1
    return predicted[0]


@njit(cache=True)
def _mix(key):  # type: ignore[no-untyped-def]
    """The finaliser of SplitMix64 (Steele, Lea and Flood 2014), never 0."""
    key = (key ^ (key >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    key = (key ^ (key >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return (key ^ (key >> np.uint64(31))) | np.uint64(1)


code = ContextTree
