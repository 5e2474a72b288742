"""LZ76 as a code: each phrase of the exhaustive history as pointer, length and next symbol (Lempel and Ziv 1976).

The window is the whole past, so that a repetition is seen however far back it lies.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from lab.complexity.code import ConditionalCode, Message, Proof
from lab.complexity.phrases import count_elias_bits, parse_lz76


@dataclass(frozen=True)
class LZ76(ConditionalCode):
    """A phrase that starts at i costs the length of its match m, coded as m + 1 by the adaptive Elias code of all
    phrases; log2 i for where the match begins, if m > 0; log2 k for the symbol that ends it, unless the sequence
    ended before. A decoder that knows n can undo each step before the next, so Kraft's inequality holds.
    """

    proof: ClassVar[Proof] = "kraft"
    most_symbols: ClassVar[int] = 10**7  # its automaton may take 1 GB
    most_compared: ClassVar[int] = 2**17

    def count_bits(self, message: Message) -> float:
        """Bits of all phrases; raises `RefusedError` for a message too long to parse in 1 GiB."""
        return self.count_bits_given(message, Message(message.sequence[:0], message.alphabet))

    def count_bits_given(self, message: Message, known: Message) -> float:
        """Bits of the phrases of `message`, whose matches may begin anywhere in `known` too."""
        whole = known.join(message)
        start, matched, _ = parse_lz76(whole, len(known)).T
        pointers = np.log2(start[matched > 0], dtype=float).sum()
        ended = np.count_nonzero(start + matched < len(whole))
        return count_elias_bits(matched + 1) + float(pointers) + int(ended) * math.log2(message.alphabet)


code = LZ76
