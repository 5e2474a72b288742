"""What a fit gave: estimates with intervals, how the search ended, predictions; or why there is none."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from lab.core.estimate import Estimate
from lab.scaling.law import Law

Array = NDArray[Any]

_MOST_LOG = 700.0  # the exponential of more overflows


class Status(StrEnum):
    """How a fit ended. Converged is not identified: both are asked."""

    CONVERGED = "converged"
    BOUND_HIT = "bound hit"
    UNIDENTIFIED = "unidentified"
    REFUSED = "refused"
    FAILED = "failed"


class Prediction(NamedTuple):
    """A predicted loss with its interval, nats (n,) each; NaN where the fit has no interval."""

    value: Array
    low: Array
    high: Array


@dataclass(frozen=True)
class Uncertainty:
    """How uncertain the parameters are.

    `covariance` (p, p) is of the parameters in their interval scale (the logarithm of amplitudes), `degrees` those of
    Student's t, `spread` the standard deviation of one run's log loss about the law, `method` says how in words.
    `draws` (r, p) are parameters refitted to resampled units, where asked for.
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
        half = self.reach(level) * np.sqrt(np.diag(self.covariance))
        logarithmic = np.array([p.scale == "log" for p in law.parameters])
        factor = np.exp(np.where(logarithmic, np.minimum(half, _MOST_LOG), 0.0))
        with np.errstate(over="ignore"):  # infinite is the right word for an end that overflows
            low, high = theta / factor, theta * factor
        return np.where(logarithmic, low, theta - half), np.where(logarithmic, high, theta + half)


@dataclass(frozen=True)
class Fit:
    """A law fitted, or the reason why not.

    `theta` (p,) is None where there is no answer (refused, failed). `objective` is the summed loss, `decrement` what a
    Newton step could still gain relative to it, `agreement` the share of starts that ended there, `condition` that of
    the Jacobian with its columns scaled, `n` the rows and `units` the independent units among them. `at_bound` names
    the parameters that ran into a bound. `labels` renames parameters for the reader: the exponent of tokens is β.
    """

    form: Law = field(repr=False)
    status: Status
    loss: str
    n: int
    units: int
    data_hash: str
    reason: str = ""
    next_step: str = ""
    theta: Array | None = None
    objective: float = math.nan
    decrement: float = math.nan
    agreement: float = math.nan
    condition: float = math.nan
    at_bound: tuple[str, ...] = ()
    uncertainty: Uncertainty | None = field(default=None, repr=False)
    labels: Mapping[str, str] = field(default_factory=dict)

    @property
    def law(self) -> str:
        """The law's name."""
        return self.form.name

    @property
    def predictors(self) -> tuple[str, ...]:
        """The names of the law's predictors, as `predict_mean` takes them."""
        return self.form.predictors

    @property
    def covariance(self) -> Array | None:
        """Of the parameters in their interval scale (p, p), where there is an interval."""
        return self.uncertainty.covariance if self.uncertainty else None

    @property
    def draws(self) -> Array | None:
        """Parameters refitted to resampled units (r, p), where asked for."""
        return self.uncertainty.draws if self.uncertainty else None

    @property
    def estimates(self) -> list[Estimate]:
        """Parameters and derived quantities with 95 % intervals."""
        return self.estimate()

    def estimate(self, level: float = 0.95) -> list[Estimate]:
        """Parameters and derived quantities with intervals at `level`; empty where there is no answer."""
        if self.theta is None:
            return []
        found = [self._bracket(j, level) for j in range(len(self.theta))]
        return found + [self._bracket_derived(name, level) for name in self.form.derive(self.theta)]

    def find(self, name: str, level: float = 0.95) -> Estimate:
        """The estimate called `name`; a NaN estimate with the reason where there is none."""
        for estimate in self.estimate(level):
            if estimate.name == name:
                return estimate
        return Estimate(name, math.nan, level=level, method=self.reason or f"the law {self.law} has none", n=self.units)

    def predict_mean(self, level: float = 0.95, **x: Any) -> Prediction:
        """The law's value at predictors `x`, with the interval of the mean over runs."""
        return self._predict(level, 0.0, x)

    def predict_new_run(self, level: float = 0.95, **x: Any) -> Prediction:
        """The law's value at predictors `x`, with the interval for the loss of one run more."""
        return self._predict(level, self.uncertainty.spread if self.uncertainty else math.nan, x)

    def to_dict(self) -> dict[str, Any]:
        """Literals for JSON."""
        return {
            "law": self.law,
            "status": str(self.status),
            "reason": self.reason,
            "next_step": self.next_step,
            "objective": _literal(self.objective),
            "estimates": [estimate.to_dict() for estimate in self.estimates],
            "data": {"rows": self.n, "independent_units": self.units, "sha256": self.data_hash},
            "loss": self.loss,
            "diagnosis": {
                "newton_decrement": _literal(self.decrement),
                "starts_that_agree": _literal(self.agreement),
                "condition": _literal(self.condition),
                "at_bound": list(self.at_bound),
                "spread_log": _literal(self.uncertainty.spread) if self.uncertainty else None,
                "degrees_of_freedom": _literal(self.uncertainty.degrees) if self.uncertainty else None,
            },
        }

    def _bracket(self, j: int, level: float) -> Estimate:
        assert self.theta is not None
        parameter, value = self.form.parameters[j], float(self.theta[j])
        name = self.labels.get(parameter.name, parameter.name)
        estimate = Estimate(name, value, level=level, unit=parameter.unit, n=self.units)
        if self.uncertainty is None:
            return _replace(estimate, math.nan, math.nan, f"no interval: {self.reason}")
        low, high = (float(end[j]) for end in self.uncertainty.bracket(self.form, self.theta, level))
        return _replace(estimate, max(low, parameter.low), min(high, parameter.high), self.uncertainty.method)

    def _bracket_derived(self, name: str, level: float) -> Estimate:
        assert self.theta is not None
        value = float(self.form.derive(self.theta)[name])
        estimate = Estimate(name, value, level=level, n=self.units)
        if self.uncertainty is None:
            return _replace(estimate, math.nan, math.nan, f"no interval: {self.reason}")
        slope = differentiate(self.form, self.theta, name)
        half = self.uncertainty.reach(level) * math.sqrt(max(0.0, float(slope @ self.uncertainty.covariance @ slope)))
        return _replace(estimate, value - half, value + half, self.uncertainty.method)

    def _predict(self, level: float, spread: float, x: dict[str, Any]) -> Prediction:
        at = {name: np.atleast_1d(np.asarray(value, float)) for name, value in x.items()}
        count = np.broadcast(*at.values()).size
        at = {name: np.broadcast_to(value, (count,)) for name, value in at.items()}
        if self.theta is None:
            return Prediction(*np.full((3, count), np.nan))
        value = self.form.predict(self.theta, **at)
        if self.uncertainty is None:
            return Prediction(value, np.full(count, np.nan), np.full(count, np.nan))
        slope = find_log_slopes(self.form, self.theta, at)
        variance = np.einsum("np,pq,nq->n", slope, self.uncertainty.covariance, slope) + spread**2
        half = self.uncertainty.reach(level) * np.sqrt(np.maximum(variance, 0.0))
        return Prediction(value, value * np.exp(-half), value * np.exp(np.minimum(half, _MOST_LOG)))


def find_stretch(law: Law, theta: Array) -> Array:
    """Derivative of the parameters by themselves in their interval scale (..., p): θ for amplitudes, else 1."""
    logarithmic = np.array([p.scale == "log" for p in law.parameters])
    return np.where(logarithmic, theta, 1.0)


def find_log_slopes(law: Law, theta: Array, x: dict[str, Array]) -> Array:
    """Derivative of ln f by the parameters in their interval scale (n, p)."""
    slopes = law.gradient(theta, **x) * find_stretch(law, theta) / law.predict(theta, **x)[:, None]
    return np.asarray(slopes)


def differentiate(law: Law, theta: Array, name: str) -> Array:
    """Derivative of a derived quantity by the parameters in their interval scale (p,), by central differences."""
    step = 6e-6 * np.maximum(np.abs(theta), 1e-3)
    ahead, behind = (np.asarray(law.derive(theta + side * np.diag(step))[name]) for side in (1, -1))
    return np.asarray((ahead - behind) / (2 * step) * find_stretch(law, theta))


def _replace(estimate: Estimate, low: float, high: float, method: str) -> Estimate:
    return Estimate(estimate.name, estimate.value, low, high, estimate.level, estimate.unit, method, estimate.n)


def _literal(number: float) -> float | None:
    return float(number) if math.isfinite(number) else None
