"""Coffee that is stirred: sine shears between sweeps of random swaps. Its complexity truly rises and falls.

The positive control of the withdrawn claim. A shear moves whole rows (then whole columns) by a sine of their place with
a random phase, as in the alternating sine flow of Pierrehumbert (1994, doi 10.1016/0960-0779(94)90139-2).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lab.complexity.automaton import Automaton, Cells, State
from lab.complexity.lattice import draw_uniform, swap_along


@dataclass(frozen=True)
class SineShear(Automaton):
    """Pierrehumbert 1994, doi 10.1016/0960-0779(94)90139-2, on the lattice of Aaronson et al. 2014.

    A move is a swap attempt, as in `interacting`; before every `sweeps`·n² of them the cup is sheared, rows then
    columns, by up to `amplitude`·n cells round the torus. A shear permutes the cells, so cream is conserved.
    """

    amplitude: float = 0.15
    sweeps: int = 2

    def _move(self, state: State, moves: int) -> None:
        period = self.sweeps * self.count_sweep(len(state.cells))
        now, end = state.moves, state.moves + moves
        while now < end:
            if now % period == 0:
                first, second = draw_uniform(state.chance), draw_uniform(state.chance)
                shear(state.cells, self.amplitude, first, second)
            stop = min(end, now - now % period + period)
            swap_along(state.cells, stop - now, state.chance)
            now = stop

    def count_sweep(self, side: int) -> int:
        """n² moves; the shears are free."""
        return side * side

    def find_timescale(self, side: int) -> float:
        """τ = log2(n) periods: a stretching by two a period thins a blob as wide as the cup to one cell."""
        return self.sweeps * self.count_sweep(side) * float(np.log2(side))


def shear(cells: Cells, amplitude: float, first: float, second: float) -> None:
    """Row y moves right by amplitude·n·sin(2π(y/n + first)), rounded, then column x down likewise, with `second`."""
    side = len(cells)
    place = np.arange(side)
    for axis, phase in ((1, first), (0, second)):
        shift = np.rint(amplitude * side * np.sin(2 * np.pi * (place / side + phase))).astype(np.int64)
        lines = cells if axis == 1 else cells.T
        lines[:] = np.take_along_axis(lines, (place[None, :] - shift[:, None]) % side, axis=1)


automaton = SineShear
