"""A tendril of cream whose tip walks at random through the coffee and leaves a trail: Aaronson's own proposal.

"Consider a cream tendril whose tip takes a random walk through the coffee, leaving a trail of cream in its wake", said
his update of 3 June 2014 to the post on Aaronson, Carroll and Ouellette 2014 (arXiv 1405.6903).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from lab.complexity.automaton import Automaton, State
from lab.complexity.lattice import draw_tendril


@dataclass(frozen=True)
class TendrilWalk(Automaton):
    """Aaronson 2014, update of 3 June to the post on arXiv 1405.6903.

    The cup starts as coffee with one cell of cream in the middle, the tip; a move is one step of it, which stays where
    a wall is. Cream is poured and not conserved; in the end the cup is full, as simple as it began.
    """

    conserves: ClassVar[bool] = False

    def start(self, side: int, seed: int) -> State:
        """Coffee with the tip in the middle."""
        state = super().start(side, seed)
        state.cells[:] = 0
        state.cells[side // 2, side // 2] = 1
        state.hidden = np.array([side // 2, side // 2])
        return state

    def _move(self, state: State, moves: int) -> None:
        draw_tendril(state.cells, state.hidden, moves, state.chance)

    def count_sweep(self, side: int) -> int:
        """n² steps."""
        return side * side

    def find_timescale(self, side: int) -> float:
        """τ = n²·ln n steps; covering the square takes of the order of n²·ln² n (Dembo et al. 2004)."""
        return side * side * math.log(side)


automaton = TendrilWalk
