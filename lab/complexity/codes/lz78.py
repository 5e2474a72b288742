"""LZ78: each phrase as the number of a former phrase and one symbol more (Ziv and Lempel 1978)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

from lab.complexity.code import ConditionalCode, Message, Proof
from lab.complexity.phrases import count_lz78


@dataclass(frozen=True)
class LZ78(ConditionalCode):
    """The t-th phrase costs log2 t for which of the t − 1 former ones, or none, it extends, and log2 k for the symbol;
    a last phrase cut by the end has no symbol, which a decoder that knows n can tell. Kraft's inequality holds.
    """

    proof: ClassVar[Proof] = "kraft"
    most_symbols: ClassVar[int] = 2**25  # its table of phrases may take half a GiB

    def count_bits(self, message: Message) -> float:
        """log2 c! + c·log2 k bits of c phrases."""
        return self.count_bits_given(message, Message(message.sequence[:0], message.alphabet))

    def count_bits_given(self, message: Message, known: Message) -> float:
        """log2 (c! / b!) + (c − b)·log2 k bits, b the phrases of `known`, which those of `message` may extend."""
        before = count_lz78(known)
        known_phrases = before[0] - before[1]
        count, cut = count_lz78(known.join(message), len(known))
        choices = (math.lgamma(count + 1) - math.lgamma(known_phrases + 1)) / math.log(2)
        return choices + (count - known_phrases - cut) * math.log2(message.alphabet)


code = LZ78
