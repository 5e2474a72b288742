"""What an automaton is: a square of cells that changes by a rule and by chance, in moves that are counted."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from lab.complexity.lattice import Chance, open_chance
from lab.core.errors import InputError

Cells = NDArray[np.uint8]
SMALLEST, LARGEST = 4, 2048  # cells along a side


@dataclass
class State:
    """Where an automaton is: `cells` (n, n), row 0 on top; `moves` made so far; `chance`, its stream of randomness;
    `hidden`, what the picture does not show (where the tip of a tendril is).
    """

    cells: Cells
    chance: Chance
    moves: int = 0
    hidden: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))


class Automaton(ABC):
    """An automaton; a subclass is a frozen dataclass whose fields are its dials.

    Its time is counted in moves, the elementary events of its own clock. `conserves`: no move makes or destroys cream
    (the sum of all cells). `alphabet`: a cell is below it.
    """

    version: ClassVar[int] = 1
    conserves: ClassVar[bool] = True
    alphabet: ClassVar[int] = 2

    def start(self, side: int, seed: int) -> State:
        """The first state of side × side cells: by default cream (1) above, coffee (0) below, as in the paper.

        Raises `InputError` for a side that is odd or out of range.
        """
        if side % 2 or not SMALLEST <= side <= LARGEST:
            rule = f"an even number of cells, {SMALLEST} to {LARGEST}"
            raise InputError("side of the lattice", side, rule, "choose, say, 100")
        cells = np.zeros((side, side), np.uint8)
        cells[: side // 2] = 1
        return State(cells, open_chance(seed, "automaton"))

    def advance(self, state: State, moves: int) -> None:
        """Makes `moves` more moves in place; raises `InputError` where that is to go back."""
        if moves < 0:
            raise InputError("moves to make", moves, "time does not run backwards", "start again from the first state")
        self._move(state, moves)
        state.moves += moves

    @abstractmethod
    def _move(self, state: State, moves: int) -> None:
        """Changes `state.cells`; `state.moves` still counts the moves before these."""

    @abstractmethod
    def count_sweep(self, side: int) -> int:
        """The moves in one sweep: as many as give every cell (or every particle) one turn."""

    @abstractmethod
    def find_timescale(self, side: int) -> float:
        """τ in moves: the time after which most is over; the entry says which."""

    def predict_rows(self, side: int, moves: NDArray[np.int64]) -> NDArray[np.float64] | None:
        """The exact probability of cream in each row, (times, n), where cells are 0 or 1 and it is known; else None."""
        return None
