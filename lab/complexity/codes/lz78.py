"""LZ78: each phrase as the number of a former phrase and one symbol more (Ziv and Lempel 1978)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

from lab.complexity.code import Code, Message, Proof
from lab.complexity.phrases import count_lz78


@dataclass(frozen=True)
class LZ78(Code):
    """The t-th phrase costs log2 t for which of the t − 1 former ones, or none, it extends, and log2 k for the symbol;
    a last phrase cut by the end has no symbol, which a decoder that knows n can tell. Kraft's inequality holds.
    """

    proof: ClassVar[Proof] = "kraft"
    most_symbols: ClassVar[int] = 2**25  # its table of phrases may take half a GiB

    def count_bits(self, message: Message) -> float:
        """log2 c! + c·log2 k bits of c phrases."""
        count, cut = count_lz78(message)
        return math.lgamma(count + 1) / math.log(2) + (count - cut) * math.log2(message.alphabet)


code = LZ78
