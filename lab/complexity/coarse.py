"""A square of cells seen coarsely, how long that is as a code, and the null to hold it against.

Aaronson, Carroll and Ouellette 2014 (arXiv 1405.6903): the coarse value of a cell is the mean over the g × g square
centred on it, put into a few buckets; entropy and complexity are the compressed sizes of the fine and coarse squares.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lab.complexity.automaton import Cells
from lab.complexity.code import Code, Message

ADJUSTED_BUCKETS = 7


@dataclass(frozen=True)
class StateLengths:
    """Code lengths of one state, bits: of the cells, of the coarse square, of the adjusted one."""

    entropy_bits: float
    complexity_bits: float
    adjusted_bits: float


def sum_squares(cells: Cells, grain: int) -> NDArray[np.int64]:
    """The sum over the g × g square around every cell, (n, n): from g//2 cells before it to g − 1 − g//2 behind.

    Beyond the edge the nearest cell of the edge is repeated (the paper does not say).
    """
    before = grain // 2
    padded = np.pad(cells, (before, grain - 1 - before), mode="edge").astype(np.int64)
    total = np.zeros((len(padded) + 1, len(padded) + 1), np.int64)
    total[1:, 1:] = padded.cumsum(axis=0).cumsum(axis=1)
    strips = total[grain:] - total[:-grain]
    sums: NDArray[np.int64] = strips[:, grain:] - strips[:, :-grain]
    return sums


def coarsen(cells: Cells, grain: int, buckets: int) -> Cells:
    """The bucket of every cell's mean: 0 to `buckets` − 1, of equal width over [0, 1]; the last takes all above."""
    return np.minimum(sum_squares(cells, grain) * buckets // grain**2, buckets - 1).astype(np.uint8)


def adjust(coarse: Cells) -> Cells:
    """The coarse square with every cell within one bucket of its row's majority set to it (the lowest of equals).

    It removes what rounding alone draws along a border between two buckets: the border's artefacts.
    """
    buckets = int(coarse.max()) + 1
    counts = (coarse[:, :, None] == np.arange(buckets, dtype=np.uint8)).sum(axis=1)
    majority = counts.argmax(axis=1).astype(np.int16)[:, None]
    return np.where(np.abs(coarse - majority) <= 1, majority, coarse).astype(np.uint8)


def measure_state(cells: Cells, alphabet: int, grain: int, buckets: int, code: Code) -> StateLengths:
    """The lengths of one state by `code`; the adjusted square always has seven buckets."""
    adjusted = adjust(coarsen(cells, grain, ADJUSTED_BUCKETS))
    return StateLengths(
        code.count_bits(Message(cells, alphabet)),
        code.count_bits(Message(coarsen(cells, grain, buckets), max(buckets, 2))),
        code.count_bits(Message(adjusted, ADJUSTED_BUCKETS)),
    )


def draw_row_surrogate(cells: Cells, rows: NDArray[np.float64] | None, stream: np.random.Generator) -> Cells:
    """A square of no structure but its rows: the null against which complexity counts.

    With `rows` (n,), the exact probabilities of cream: independent cells. Without: the state's own rows, each
    shuffled, which is what independent cells are once the contents of their rows are known, whatever a cell may hold.
    """
    if rows is None:
        return stream.permuted(cells, axis=1)
    return (stream.random(cells.shape) < rows[:, None]).astype(np.uint8)
