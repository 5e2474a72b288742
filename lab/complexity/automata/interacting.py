"""The interacting coffee automaton: neighbouring cells change places (Aaronson, Carroll and Ouellette 2014).

It is the symmetric exclusion process, and no example of complexity that becomes large: Aaronson withdrew that claim on
3 June 2014, after Werness saw that a theorem of Liggett (2009) forbids it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from lab.complexity import heat_kernel
from lab.complexity.automaton import Automaton, State
from lab.complexity.lattice import count_edges, swap_along, swap_discordant


@dataclass(frozen=True)
class Interacting(Automaton):
    """Aaronson, Carroll and Ouellette 2014, arXiv 1405.6903.

    `clock`: what a move is. 'attempts', of the authors' talk: any pair of neighbours changes places, whether it differs
    or not; 'swaps', of the paper's text: a pair that differs does. The states passed through have one law, their times
    do not, and only the first clock has exact row means.
    """

    clock: Literal["attempts", "swaps"] = "attempts"

    def _move(self, state: State, moves: int) -> None:
        (swap_along if self.clock == "attempts" else swap_discordant)(state.cells, moves, state.chance)

    def count_sweep(self, side: int) -> int:
        """n² moves."""
        return side * side

    def find_timescale(self, side: int) -> float:
        """τ of the slowest mode, M / (2 − 2cos(π/n)) ≈ 2n⁴/π² attempts; half as many swaps, for a pair of a stirred cup
        differs half of the time.
        """
        attempts = heat_kernel.find_relaxation(side, 1.0 / count_edges(side))
        return attempts if self.clock == "attempts" else attempts / 2

    def predict_rows(self, side: int, moves: NDArray[np.int64]) -> NDArray[np.float64] | None:
        """The heat kernel with r = 1/M; None by the clock of swaps."""
        if self.clock == "swaps":
            return None
        first = np.repeat([1.0, 0.0], side // 2)
        return heat_kernel.predict_rows(first, moves, 1.0 / count_edges(side))


automaton = Interacting
