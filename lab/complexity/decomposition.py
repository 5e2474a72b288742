"""Block decomposition: the algorithmic complexity of small blocks, read from a table and summed over the message.

BDM = Σ over distinct blocks of CTM(block) + log2(how often it is seen) (Zenil, Hernández-Orozco, Kiani, Soler-Toscano,
Rueda-Toicen and Tegnér 2018, Entropy 20, 605). CTM = −log2 of how often small Turing machines, started empty, print the
block and halt (Soler-Toscano, Zenil, Delahaye and Gauvrit 2014, PLoS ONE 9, e96223). The order of the blocks is left
out: BDM is no description, and no bound on anything.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln

from lab.complexity.code import Message
from lab.core.errors import InputError

TABLES = Path(__file__).parent / "tables"
NAMES = {1: "binary_12", 2: "binary_4x4"}  # by the number of axes
SIDES = {1: 12, 2: 4}


@dataclass(frozen=True, eq=False)
class Decomposition:
    """What a message is cut into: `counts` (2^block,) of every possible block, and how many symbols stand in none."""

    counts: NDArray[np.int64]
    table: NDArray[np.float64]
    length: int
    uncovered: int

    @cached_property
    def bits(self) -> float:
        """BDM. Its zero and its scale are those of the machines that were run: differences mean more than values."""
        seen = self.counts > 0
        return float(self.table[seen].sum() + np.log2(self.counts[seen]).sum())

    @property
    def blocks(self) -> int:
        """Blocks, repeats included."""
        return int(self.counts.sum())

    @property
    def distinct(self) -> int:
        """Blocks that differ."""
        return int(np.count_nonzero(self.counts))

    @property
    def order_bits(self) -> float:
        """log2 of how many orders the blocks can stand in, log2 (N! / Π counts!): what BDM does not see.

        By counting, all orders but a share 2^−c of them have no description shorter than that by c bits.
        """
        return float(gammaln(self.blocks + 1) - gammaln(self.counts + 1).sum()) / math.log(2)

    @property
    def ceiling(self) -> float:
        """The most bits that any message of as many blocks can be given: every block there is, equally often."""
        kinds = self.table.size
        if self.blocks < kinds:
            return float(np.sort(self.table)[kinds - self.blocks :].sum())
        return float(self.table.sum() + kinds * math.log2(self.blocks / kinds))

    @property
    def is_saturated(self) -> bool:
        """Whether even the most complex message of this length is given less than a bit a symbol.

        A table has 2^12 or 2^16 blocks; once all are seen, each further one adds a fraction of a bit, so that BDM no
        longer tells a random message from one that is half as random. True beyond 1.4·10⁵ bits or 2.0·10⁶ cells.
        """
        return self.ceiling < self.length - self.uncovered


@cache
def read_table(axes: int) -> NDArray[np.float64]:
    """CTM in bits of every binary block of 12 (`axes` 1) or of 4 × 4 cells (2), the first cell the highest digit."""
    with np.load(TABLES / f"{NAMES[axes]}.npz", allow_pickle=False) as stored:
        table: NDArray[np.float64] = stored["levels"][stored["index"]]
    table.flags.writeable = False
    return table


def decompose(message: Message, step: int, covers: bool) -> Decomposition:
    """Cut a binary message into blocks that begin every `step` symbols along each axis (the block's side: no overlap).

    Where blocks do not reach the end of an axis, one more stands at its end and overlaps the one before (`covers`), or
    the rest is left out. Raises `InputError` for other alphabets, more than two axes, or a side shorter than a block.
    """
    axes = message.symbols.ndim
    if message.alphabet != 2 or axes not in SIDES:
        received = f"{message.alphabet} symbols along {axes} axes"
        raise InputError("block decomposition", received, "tables exist for binary sequences and planes", "pack or cut")
    side = SIDES[axes]
    if min(message.symbols.shape) < side:
        raise InputError("block decomposition", message.symbols.shape, f"no side is shorter than a block, {side}")
    starts = [_place_blocks(length, side, step, covers) for length in message.symbols.shape]
    numbers = np.zeros([len(own) for own in starts], np.uint16)
    for cell in itertools.product(range(side), repeat=axes):
        numbers <<= 1
        numbers |= message.symbols[np.ix_(*(own + offset for own, offset in zip(starts, cell, strict=True)))]
    table = read_table(axes)
    counts = np.bincount(numbers.ravel(), minlength=table.size)
    covered = math.prod(int(own[-1]) + side for own in starts) if step <= side else numbers.size * side**axes
    return Decomposition(counts, table, len(message), len(message) - covered)


def _place_blocks(length: int, side: int, step: int, covers: bool) -> NDArray[np.intp]:
    starts = np.arange(0, length - side + 1, step)
    return np.append(starts, length - side) if covers and starts[-1] + side < length else starts
