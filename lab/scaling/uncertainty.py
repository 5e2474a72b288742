"""How uncertain fitted parameters are, whatever method said so: ends of intervals, and the error of a prediction."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from lab.scaling.law import Law
from lab.scaling.problem import find_logarithmic

Array = NDArray[Any]

MOST_LOG = 700.0  # the exponential of more overflows


@dataclass(frozen=True)
class Uncertainty:
    """Intervals symmetric in the parameters' interval scale (the logarithm of amplitudes).

    `covariance` (p, p) is in that scale, `degrees` are those of Student's t, `spread` the standard deviation of one run
    about the law on the scale of the residual, `method` says how in words. `draws` (r, p) are parameters refitted to
    resampled units, where asked for.
    """

    covariance: Array
    degrees: float
    spread: float
    method: str
    draws: Array | None = None

    def reach(self, level: float) -> float:
        """Student's t quantile: how many standard errors a two-sided interval at `level` reaches."""
        return float(stdtrit(self.degrees, (1 + level) / 2))

    def bracket(self, law: Law, theta: Array, level: float) -> tuple[Array, Array]:
        """Both ends of every parameter's interval (p,), not yet cut at its bounds."""
        half = self.reach(level) * np.sqrt(np.maximum(np.diag(self.covariance), 0.0))  # round-off may leave −0
        logarithmic = find_logarithmic(law)
        factor = np.exp(np.where(logarithmic, np.minimum(half, MOST_LOG), 0.0))
        with np.errstate(over="ignore"):  # infinite is the right word for an end that overflows
            low, high = theta / factor, theta * factor
        return np.where(logarithmic, low, theta - half), np.where(logarithmic, high, theta + half)

    def bracket_derived(self, value: float, slope: Array, read: Callable[[Array], Array], level: float) -> Array:
        """Both ends for a derived quantity: its value, its derivative in the interval scale (p,), itself of (r, p)."""
        with np.errstate(all="ignore"):  # a quantity that is nowhere near linear has no such interval: NaN says so
            half = self.reach(level) * np.sqrt(np.maximum(slope @ self.covariance @ slope, 0.0))
        return np.array([value - half, value + half])

    def spread_mean(self, slopes: Array) -> Array:
        """Standard error of the law's value (n,) at slopes (n, p) on the scale of the residual."""
        return np.asarray(np.sqrt(np.maximum(np.einsum("np,pq,nq->n", slopes, self.covariance, slopes), 0.0)))


@dataclass(frozen=True)
class Drawn(Uncertainty):
    """Intervals between the quantiles of `draws`."""

    def bracket(self, law: Law, theta: Array, level: float) -> tuple[Array, Array]:
        """Quantiles of the draws."""
        assert self.draws is not None
        low, high = np.quantile(self.draws, [(1 - level) / 2, (1 + level) / 2], axis=0)
        return low, high

    def bracket_derived(self, value: float, slope: Array, read: Callable[[Array], Array], level: float) -> Array:
        """Quantiles of the quantity over the draws."""
        assert self.draws is not None
        return np.asarray(np.nanquantile(read(self.draws), [(1 - level) / 2, (1 + level) / 2]))
