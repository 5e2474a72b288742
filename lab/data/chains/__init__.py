"""Processes: sources whose law is written down, so that windows are drawn afresh and none is ever repeated.

What a process needs to be a `Source` stands here; `path` follows one long path at the speed of many short ones;
`unifilar` holds processes of finitely many causal states, of which everything is known.
"""

from __future__ import annotations

from abc import abstractmethod
from functools import lru_cache

import numpy as np

from lab.core.errors import InputError
from lab.data import Source

BLOCK = 512  # windows drawn together: a process is sequential in time, so it is vectorised over windows
HELDOUT_SEED = -1  # a stream that no run seed (≥ 0) can name


class Process(Source):
    """A source of independent stationary windows.

    A subclass says how its windows are drawn (`open_windows`, `draw_windows`) and, in `_draw`, how one long path is.
    """

    @abstractmethod
    def open_windows(self, seed: int, block: int) -> np.random.Generator:
        """The stream of one block of `BLOCK` windows."""

    @abstractmethod
    def draw_windows(self, rng: np.random.Generator, count: int, window: int) -> np.ndarray:
        """Independent windows: int64, shape (count, window + 1)."""

    def training_windows(self, seed: int, start: int, count: int, window: int) -> np.ndarray:
        """Independent stationary windows, never repeated."""
        index = np.arange(start, start + count)
        blocks = [
            _draw_block(self, seed, int(b), window)[index[index // BLOCK == b] % BLOCK]
            for b in np.unique(index // BLOCK)
        ]
        return np.concatenate(blocks)

    def heldout_windows(self, count: int, window: int) -> np.ndarray:
        """Windows of a stream no training seed can name."""
        return self.training_windows(HELDOUT_SEED, 0, count, window)

    def heldout_documents(self, count: int, window: int) -> np.ndarray:
        """Every window is a document of its own: they are independent."""
        return np.arange(count)

    def count_unique(self, tokens: int, window: int) -> int:
        """All of them."""
        return tokens


def check_probability(subject: str, value: float) -> None:
    """Raises `InputError` unless the value lies strictly between 0 and 1: at the ends a process is another one."""
    if not 0 < value < 1:
        raise InputError(subject, value, "lies strictly between 0 and 1")


@lru_cache(maxsize=8)
def _draw_block(process: Process, seed: int, block: int, window: int) -> np.ndarray:
    return process.draw_windows(process.open_windows(seed, block), BLOCK, window)
