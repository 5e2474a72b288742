"""Elementary cellular automata: a row of cells, each changed by itself and its two neighbours (Wolfram 1983).

The square is the space-time picture of the last n rows, the newest at the bottom.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from lab.complexity.automaton import Automaton, State
from lab.complexity.lattice import draw_uniform
from lab.core.errors import InputError


@dataclass(frozen=True)
class Elementary(Automaton):
    """Wolfram 1983, doi 10.1103/RevModPhys.55.601; `rule` by his numbers, 0 to 255.

    The first row is random, half ones, and closes to a ring; the square above it is empty at first and fills as rows
    come. A move is one new row. The rule itself knows no chance.
    """

    conserves: ClassVar[bool] = False
    rule: int = 110

    def __post_init__(self) -> None:
        if not 0 <= self.rule <= 255:
            raise InputError("elementary.rule", self.rule, "a rule of Wolfram's, 0 to 255", "try 30, 54 or 110")

    def start(self, side: int, seed: int) -> State:
        """An empty square above one random row."""
        state = super().start(side, seed)
        state.cells[:] = 0
        state.cells[-1] = [draw_uniform(state.chance) < 0.5 for _ in range(side)]
        return state

    def _move(self, state: State, moves: int) -> None:
        table = np.array([self.rule >> k & 1 for k in range(8)], np.uint8)
        side, row = len(state.cells), state.cells[-1].copy()
        kept: list[np.ndarray] = []
        for left in range(moves, 0, -1):
            row = table[4 * np.roll(row, 1) + 2 * row + np.roll(row, -1)]
            if left <= side:
                kept.append(row)
        if kept:
            state.cells[:] = np.concatenate([state.cells[len(kept) :], kept])

    def count_sweep(self, side: int) -> int:
        """One row: every cell is renewed once."""
        return 1

    def find_timescale(self, side: int) -> float:
        """τ = n rows: the square is full."""
        return float(side)


automaton = Elementary
