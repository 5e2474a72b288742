"""The non-interacting coffee automaton: cream walks at random, any number of particles to a cell.

Aaronson, Carroll and Ouellette 2014 (arXiv 1405.6903) use it as a control; they prove in the appendix that
its apparent complexity stays O(log(nt)).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from lab.complexity import heat_kernel
from lab.complexity.automaton import Automaton, State
from lab.complexity.lattice import walk_particles


@dataclass(frozen=True)
class NonInteracting(Automaton):
    """Aaronson, Carroll and Ouellette 2014, arXiv 1405.6903.

    A move is one step of every particle, in one of four directions; it stays where a wall is. A cell holds its number
    of particles, whose mean the heat kernel gives (`RATE`) and whose law it does not.
    """

    alphabet: ClassVar[int] = 256
    RATE: ClassVar[float] = 0.25

    def _move(self, state: State, moves: int) -> None:
        walk_particles(state.cells, moves, state.chance)

    def count_sweep(self, side: int) -> int:
        """One move."""
        return 1

    def find_timescale(self, side: int) -> float:
        """τ of the slowest mode, 4 / (2 − 2cos(π/n)) ≈ 4n²/π² moves."""
        return heat_kernel.find_relaxation(side, self.RATE)


automaton = NonInteracting
