"""A fitted L(N, D) seen along budgets of compute: its best size there, and how flat it is around it.

A budget C buys D = C/c(N) tokens, c(N) the FLOP that one token costs a model of N parameters. With c = 6·N the best
size is N* = G·(C/6)^(β/(α+β)), G = (αA/βB)^(1/(α+β)) (Hoffmann et al. 2022, arXiv 2203.15556, eq. 4); for any other
count of parameters or FLOP it is found from the runs' own c(N).

Shapes: R rows of parameters (the fit, then its refits without one unit each), K budgets.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Array = NDArray[Any]

TOLERANCE = 0.01  # of the best loss, within which a size is as good as the best
_REACH = 60.0  # in ln N, how far from the runs a best size is looked for
_HALVINGS = 70  # of that reach, down to round-off
_LEAST_ELASTICITY = 0.05  # of c(N): a cost that falls with the size is no cost


@dataclass(frozen=True)
class Exchange:
    """ln c(N), FLOP per token against size: a parabola in ln N across the sizes run, its tangent beyond.

    `misfit` is the largest relative error of c over the runs: 0 to round-off where C ∝ N·D, some per cent where depth
    changes by whole layers.
    """

    center: float
    coefficients: Array
    low: float
    high: float
    misfit: float

    def cost(self, log_size: Array) -> Array:
        """ln c at ln N."""
        inside = np.clip(log_size, self.low, self.high)
        value = np.polyval(self.coefficients, inside - self.center)
        return np.asarray(value + self.elasticity(log_size) * (log_size - inside))

    def elasticity(self, log_size: Array) -> Array:
        """d ln c / d ln N: 1 where every parameter costs the same."""
        inside = np.clip(log_size, self.low, self.high)
        return np.maximum(np.polyval(np.polyder(self.coefficients), inside - self.center), _LEAST_ELASTICITY)


def read_exchange(rows: pd.DataFrame, convention: str, compute: str) -> Exchange:
    """What a token costs, from the runs' own counts of parameters, tokens and FLOP; needs two sizes."""
    flops, tokens = rows[compute].to_numpy(float), rows["tokens"].to_numpy(float)
    costs = pd.Series(np.log(flops / tokens)).groupby(np.log(rows[convention].to_numpy(float))).mean()
    x, y = costs.index.to_numpy(float), costs.to_numpy(float)
    center = float(x.mean())
    coefficients = np.polyfit(x - center, y, min(2, len(x) - 1))
    misfit = np.abs(np.expm1(y - np.polyval(coefficients, x - center))).max()
    return Exchange(center, coefficients, float(x.min()), float(x.max()), float(misfit))


@dataclass(frozen=True)
class Surface:
    """R laws E + A·N^(−α) + B·D^(−β) at the cost of an `exchange`; `theta` (R, 5) in the order E, A, B, α, β."""

    theta: Array
    exchange: Exchange

    def predict(self, log_size: Array, log_compute: Array) -> Array:
        """The loss in nats at ln N (R, K) along budgets ln C (K,)."""
        e, a, b, alpha, beta = self._split()
        log_tokens = log_compute - self.exchange.cost(log_size)
        return np.asarray(e + a * np.exp(-alpha * log_size) + b * np.exp(-beta * log_tokens))

    def find_best(self, log_compute: Array) -> Array:
        """ln N* (R, K) at budgets ln C (K,): where αA·N^(−α) = η·βB·D^(−β), η the elasticity of the cost."""
        _, a, b, alpha, beta = self._split()
        with np.errstate(divide="ignore", invalid="ignore"):
            pull = np.log(alpha * a) - np.log(beta * b)

        def lean(x: Array) -> Array:
            log_tokens = log_compute - self.exchange.cost(x)
            return np.asarray(pull - alpha * x + beta * log_tokens - np.log(self.exchange.elasticity(x)))

        shape = np.broadcast_shapes(pull.shape, np.shape(log_compute))
        center = np.full(shape, self.exchange.center)
        best = _bisect(lean, center - _REACH, center + _REACH)
        return np.where(np.isfinite(pull), best, np.nan)

    def find_flat(self, log_compute: Array, tolerance: float = TOLERANCE) -> tuple[Array, Array]:
        """ln N (R, K) of the smallest and largest size whose loss is within `tolerance` of the best; infinite where
        the loss never leaves it."""
        best = self.find_best(log_compute)
        most = self.predict(best, log_compute) * (1 + tolerance)

        def room(x: Array) -> Array:
            return most - self.predict(x, log_compute)

        with np.errstate(over="ignore"):
            low = -_bisect(lambda x: room(-x), -best, -best + _REACH)
            high = _bisect(room, best, best + _REACH)
        span = 0.999 * _REACH
        return np.where(best - low < span, low, -np.inf), np.where(high - best < span, high, np.inf)

    def _split(self) -> tuple[Array, ...]:
        return tuple(self.theta[:, j, None] for j in range(5))


def _bisect(falling: Any, low: Array, high: Array) -> Array:
    """Where a function that falls from positive at `low` becomes negative, elementwise; `high` where it never does."""
    low, high = low.copy(), high.copy()
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        above = falling(middle) > 0
        low, high = np.where(above, middle, low), np.where(above, high, middle)
    return np.asarray((low + high) / 2)
