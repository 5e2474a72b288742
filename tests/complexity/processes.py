"""Processes whose entropy rate h, excess entropy E and statistical complexity C_μ are known in closed form, in bits."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache

import numpy as np

from lab.complexity.code import Message


@dataclass(frozen=True)
class Process:
    """A unifilar machine: in state s symbol x comes with probability `emit[s][x]` and leads to state `lead[s][x]`."""

    emit: tuple[tuple[float, ...], ...]
    lead: tuple[tuple[int, ...], ...]
    entropy_rate: float
    excess_entropy: float
    statistical_complexity: float

    @cache  # noqa: B019 — the processes below live as long as the tests
    def draw(self, length: int, seed: int) -> Message:
        chance = np.random.default_rng(seed).random(length + 64)
        steps = np.cumsum(self.emit, axis=1)
        symbols, state = np.empty(len(chance), dtype=np.uint8), 0
        for i, draw in enumerate(chance):
            symbol = min(int(np.searchsorted(steps[state], draw, side="right")), len(steps[state]) - 1)
            symbols[i], state = symbol, self.lead[state][symbol]
        return Message(symbols[64:], len(self.emit[0]))


def entropy(*shares: float) -> float:
    return -sum(p * math.log2(p) for p in shares if p > 0)


def make_chain(*rows: tuple[float, ...]) -> Process:
    """A chain of order 1 with different rows: its state is its last symbol, so that C_μ = H(π) and E = H(π) − h."""
    symbols = len(rows)
    balance = np.vstack([np.array(rows).T - np.eye(symbols), np.ones(symbols)])
    stationary = np.linalg.lstsq(balance, np.eye(symbols + 1)[symbols], rcond=None)[0]
    rate = sum(p * entropy(*row) for p, row in zip(stationary, rows, strict=True))
    return Process(rows, (tuple(range(symbols)),) * symbols, rate, entropy(*stationary) - rate, entropy(*stationary))


THIRD = entropy(1 / 3, 2 / 3)

PROCESSES = {
    "bernoulli": Process(((0.7, 0.3),), ((0, 0),), entropy(0.3, 0.7), 0.0, 0.0),
    "golden_mean": Process(((0.5, 0.5), (0.0, 1.0)), ((1, 0), (0, 0)), 2 / 3, THIRD - 2 / 3, THIRD),
    "even": Process(((0.5, 0.5), (0.0, 1.0)), ((0, 1), (0, 0)), 2 / 3, THIRD, THIRD),
    "period_5": Process(
        ((1.0, 0.0), (0.0, 1.0), (0.0, 1.0), (1.0, 0.0), (0.0, 1.0)),
        ((1, 1), (2, 2), (3, 3), (4, 4), (0, 0)),
        0.0,
        math.log2(5),
        math.log2(5),
    ),
    "three_symbols": make_chain((0.0, 0.5, 0.5), (0.75, 0.25, 0.0), (0.0, 0.8, 0.2)),
}
