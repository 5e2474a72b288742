"""Block decomposition of binary sequences and planes by the tables of small Turing machines (Zenil et al. 2018)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from lab.complexity.code import Code, Message, Proof
from lab.complexity.decomposition import SIDES, Decomposition, decompose
from lab.core.errors import InputError, RefusedError


@dataclass(frozen=True)
class BlockDecomposition(Code):
    """`edge`: what no whole block reaches is covered by one more, which overlaps, or dropped. `blocks`: side by side,
    or one at every symbol.
    """

    edge: Literal["cover", "drop"] = "cover"
    blocks: Literal["apart", "sliding"] = "apart"
    proof: ClassVar[Proof] = "estimate"

    def count_bits(self, message: Message) -> float:
        """BDM in bits of the shape given, a sequence or a plane; 0 of an empty message.

        Raises `InputError` for what no table covers and `RefusedError` for a message so long that the table is used up.
        """
        if not len(message):
            return 0.0
        found = self._decompose(message)
        if found.is_saturated:
            seen = f"{found.distinct} of {found.table.size} blocks seen in {found.length} symbols"
            rule = f"none of this length can be given more than {found.ceiling / found.length:.2g} bits a symbol"
            raise RefusedError("block decomposition", seen, rule, "measure parts of it")
        return found.bits

    def find_doubt(self, message: Message) -> str:
        """That the blocks are used up: so many are repeats that their order, which BDM does not see, outweighs it."""
        try:
            found = self._decompose(message)
        except InputError as refusal:
            return str(refusal)
        if found.order_bits <= found.bits:
            return ""
        return (
            f"its {found.blocks:,} blocks are of {found.distinct:,} kinds (of {found.table.size:,} in the table), and"
            f" could stand in 2^{found.order_bits:,.0f} orders that all have the same {found.bits:,.0f} bits: measure"
            " parts of it"
        )

    def _decompose(self, message: Message) -> Decomposition:
        step = 1 if self.blocks == "sliding" else SIDES.get(message.symbols.ndim, 1)
        return decompose(message, step, self.edge == "cover")


code = BlockDecomposition
