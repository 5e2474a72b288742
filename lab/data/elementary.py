"""Elementary cellular automata from a random start (Wolfram 1983): rules 0 to 255, read in time or in space and time.

What is known depends on the rule. Rules 15, 30 and their like are permutive at one end: on the infinite lattice a
column in time is fair coin flips (Hedlund 1969, section 5), although every cell follows from the start. Rules 54 and
110 build particles and have no known entropy rate. A ring of finite width repeats in the end, later than anybody
waits, so its own entropy rate is 0 and no efficient code knows.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Literal

import numpy as np

from lab.core.errors import InputError
from lab.core.fingerprint import hash_literal
from lab.core.seeds import open_stream
from lab.data.chains import Process


@dataclass(frozen=True)
class Elementary(Process):
    """`rule`: Wolfram's number. `width`: cells of the ring. `settle`: steps before the first symbol.

    `view`: 'column' is one cell over time; 'block' is the whole ring, row after row. `stride`: steps from a row that is
    read to the next; with 48 and no `settle`, windows of two rows are a random state and what becomes of it, the task
    of Finzi et al. 2026 (arXiv 2601.03220).
    """

    rule: int = 30
    width: int = 512
    settle: int = 256
    view: Literal["column", "block"] = "column"
    stride: int = 1
    known = "A part: permutive rules (15, 30) have fair coin flips as columns of the infinite lattice; others nothing."

    def __post_init__(self) -> None:
        rules = (
            ("rule", 0 <= self.rule <= 255, "lies in 0 … 255"),
            ("width", 3 <= self.width <= 2**20, "lies in 3 … 2^20 cells"),
            ("settle", 0 <= self.settle <= 2**20, "lies in 0 … 2^20 steps"),
            ("stride", 1 <= self.stride <= 2**20, "lies in 1 … 2^20 steps"),
        )
        for name, holds, rule in rules:
            if not holds:
                raise InputError(f"elementary.{name}", getattr(self, name), rule)

    @property
    def vocabulary(self) -> int:
        """0 and 1."""
        return 2

    def content_hash(self) -> str:
        """SHA-256 of the dials and the version: they determine every symbol."""
        stride = [self.stride] if self.stride > 1 else []  # not where it is 1: hashes are older than it
        return hash_literal(["elementary", self.version, self.rule, self.width, self.settle, self.view, *stride])

    def open_windows(self, seed: int, block: int) -> np.random.Generator:
        """A stream of its own, the same for every rule: rules differ in what they make of one start."""
        return open_stream(seed, "elementary", "windows", block)

    def draw_windows(self, rng: np.random.Generator, count: int, window: int) -> np.ndarray:
        """Windows of independent starts."""
        return self._run(rng, count, window + 1)

    def _draw(self, length: int, seed: int) -> np.ndarray:
        path: np.ndarray = self._run(open_stream(seed, "elementary", "draw"), 1, length)[0]
        return path

    def _run(self, rng: np.random.Generator, lanes: int, length: int) -> np.ndarray:
        """`lanes` rings from random starts, each read for `length` symbols: int64, shape (lanes, length)."""
        cells = 1 if self.view == "column" else self.width
        rows = -(-length // cells)
        stored = -(-lanes * cells // 8)
        kept = (1 << lanes * cells) - 1
        states = iterate_rings(self.rule, self.width, lanes, int.from_bytes(rng.bytes(-(-self.width * lanes // 8))))
        for _ in range(self.settle):
            next(states)
        read = islice(states, 0, None, self.stride)
        data = b"".join((next(read) & kept).to_bytes(stored, "little") for _ in range(rows))
        bits = np.unpackbits(np.frombuffer(data, np.uint8).reshape(rows, stored), axis=1, bitorder="little")
        bits_TK = bits[:, : cells * lanes].reshape(rows * cells, lanes)
        cells_KT: np.ndarray = bits_TK[:length].T.astype(np.int64)
        return cells_KT


source = Elementary


def iterate_rings(rule: int, width: int, lanes: int, start: int) -> Iterator[int]:
    """The states of `lanes` rings side by side in one integer, step by step, the start first.

    Bit i · lanes + k is cell i of ring k, so that all rings turn by one cell when the integer turns by `lanes` bits.
    """
    size = width * lanes
    whole, top = (1 << size) - 1, size - lanes
    m0, m1, m2, m3, m4, m5, m6, m7 = (whole * term for term in expand_rule(rule))
    own = start & whole
    while True:
        yield own
        left = own << lanes & whole | own >> top
        right = own >> lanes | own << top & whole
        both = left & own
        own = m0 ^ m2 & own ^ m4 & left ^ m6 & both ^ right & (m1 ^ m3 & own ^ m5 & left ^ m7 & both)


def expand_rule(rule: int) -> list[int]:
    """The rule as a sum modulo 2 of products of neighbours (Zhegalkin 1927): coefficient i of the product of the
    neighbours whose bit is set in i (right 1, own 2, left 4).
    """
    terms = [rule >> i & 1 for i in range(8)]
    for bit in (1, 2, 4):
        terms = [term ^ (terms[i ^ bit] if i & bit else 0) for i, term in enumerate(terms)]
    return terms
