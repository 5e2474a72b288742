"""Block decomposition by table and count against the plain way: cut, spell each block, count in a dictionary.

CPU-milliseconds of one process on fair bits, medians, the peer in the same run with the same table. Values must agree
to 12 digits.

    python -m benchmarks.block_decomposition
"""

from __future__ import annotations

import math
from collections import Counter

import numpy as np

from benchmarks.lz76 import clock
from lab.complexity.code import Message
from lab.complexity.decomposition import SIDES, decompose, read_table

SHAPES = {(12_000,): None, (1_200_000,): 30.0, (100, 100): None, (400, 400): None, (1000, 1000): 15.0}  # bars in ms


def count_plainly(cells: np.ndarray, table: dict[str, float]) -> float:
    """BDM as one writes it first."""
    side = SIDES[cells.ndim]
    rows = range(0, cells.shape[0] - side + 1, side)
    if cells.ndim == 1:
        blocks = Counter("".join(map(str, cells[i : i + side])) for i in rows)
    else:
        columns = range(0, cells.shape[1] - side + 1, side)
        blocks = Counter("".join(map(str, cells[i : i + side, j : j + side].ravel())) for i in rows for j in columns)
    return sum(table[block] + math.log2(count) for block, count in blocks.items())


def main() -> None:
    """Both ways at every shape."""
    chance = np.random.default_rng(0)
    for shape, bar in SHAPES.items():
        side = SIDES[len(shape)]
        digits = side ** len(shape)
        table = {f"{k:0{digits}b}": float(bits) for k, bits in enumerate(read_table(len(shape)))}
        message = Message(chance.integers(0, 2, shape, dtype=np.uint8), 2)
        ours = 1e3 * clock(lambda m=message, side=side: decompose(m, side, True).bits, 15)
        plain = 1e3 * clock(lambda m=message, table=table: count_plainly(m.symbols, table), 1)
        bits = decompose(message, side, True).bits
        assert math.isclose(bits, count_plainly(message.symbols, table), rel_tol=1e-12)
        name = " × ".join(f"{length:,}" for length in shape)
        told = f" (bar {bar:g} ms)" if bar else ""
        print(f"{name:>13}: {ours:.2f} ms{told}, plain {plain:.0f} ms, {plain / ours:.0f} times; {bits:.6f} bits")


if __name__ == "__main__":
    main()
