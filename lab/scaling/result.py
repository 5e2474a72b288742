"""What a fit gave: estimates with intervals, how the search ended, predictions; or why there is none."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from lab.core.estimate import Estimate
from lab.scaling.law import Law
from lab.scaling.losses import Loss
from lab.scaling.problem import find_slopes, find_stretch
from lab.scaling.uncertainty import MOST_LOG, Uncertainty

if TYPE_CHECKING:
    from lab.scaling.diagnosis import Residuals

Array = NDArray[Any]

_MOST_UNITS = 10**9
DIFFERENCE = 6e-6  # cube root of the round-off: the best step of a central difference


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
class Fit:
    """A law fitted, or the reason why not.

    `theta` (p,) is None where there is no answer (refused, failed). `objective` is the summed loss, `decrement` gᵀH⁻¹g
    over it, twice what a Newton step could still gain, `agreement` the share of the searches that ended which ended
    there, `condition` that of the Jacobian with its columns scaled, `n` the rows and `units` the independent units
    among them. `at_bound` names the parameters that ran into a bound. `labels` renames parameters for the reader: the
    exponent of tokens is β.
    """

    form: Law = field(repr=False)
    status: Status
    loss: Loss
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
    residuals: Residuals | None = field(default=None, repr=False)
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

    def count_needed(self, name: str, width: float) -> int | None:
        """Independent units for a 95 % interval of `name` no wider than `width`, at this design repeated.

        The standard error falls with the root of the units and t with them; None where the fit has not converged, has
        no interval, or no number of units would do.
        """
        estimate = self.find(name)
        told = self.status is Status.CONVERGED and estimate.has_interval
        if self.uncertainty is None or not (told and 0 < width < math.inf):
            return None
        error = (estimate.high - estimate.low) / (2 * self.uncertainty.reach(estimate.level)) * math.sqrt(self.units)
        lost = self.units - self.uncertainty.degrees  # degrees that the parameters take

        def reach(units: float) -> float:
            return 2 * error / math.sqrt(units) * float(stdtrit(max(units - lost, 1), (1 + estimate.level) / 2))

        low, high = 0, 1
        while reach(high) > width:
            low, high = high, 2 * high
            if high > _MOST_UNITS or not math.isfinite(error):
                return None
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if reach(middle) > width else (low, middle)
        return max(high, math.ceil(lost) + 1)

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
            "loss": str(self.loss),
            "diagnosis": {
                "newton_decrement": _literal(self.decrement),
                "starts_that_agree": _literal(self.agreement),
                "condition": _literal(self.condition),
                "at_bound": list(self.at_bound),
                "spread_log": _literal(self.uncertainty.spread) if self.uncertainty else None,
                "degrees_of_freedom": _literal(self.uncertainty.degrees) if self.uncertainty else None,
                "lack_of_fit_p": _literal(self.residuals.lack_of_fit) if self.residuals else None,
                "excess_kurtosis": _literal(self.residuals.kurtosis) if self.residuals else None,
                "remarks": list(self.residuals.remarks) if self.residuals else [],
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
        slope = differentiate(self.form, self.theta, lambda theta: self.form.derive(theta)[name])
        ends = self.uncertainty.bracket_derived(value, slope, lambda theta: self.form.derive(theta)[name], level)
        return _replace(estimate, float(ends[0]), float(ends[1]), self.uncertainty.method)

    def _predict(self, level: float, spread: float, x: dict[str, Any]) -> Prediction:
        at = {name: np.atleast_1d(np.asarray(value, float)) for name, value in x.items()}
        count = np.broadcast(*at.values()).size
        at = {name: np.broadcast_to(value, (count,)) for name, value in at.items()}
        if self.theta is None:
            return Prediction(*np.full((3, count), np.nan))
        value = self.form.predict(self.theta, **at)
        if self.uncertainty is None:
            return Prediction(value, np.full(count, np.nan), np.full(count, np.nan))
        own = self.uncertainty.spread_mean(find_slopes(self.form, self.theta, at, self.loss.on))
        half = self.uncertainty.reach(level) * np.hypot(own, spread)
        if self.loss.on == "raw":
            return Prediction(value, value - half, value + half)
        return Prediction(value, value * np.exp(-half), value * np.exp(np.minimum(half, MOST_LOG)))


def differentiate(law: Law, theta: Array, read: Callable[[Array], Array], step: float = DIFFERENCE) -> Array:
    """Derivative of a quantity by the parameters in their interval scale (p,), by central differences.

    `read` gives it (r,) for parameters (r, p); `step` is relative, and never leads an amplitude below 0.
    """
    logarithmic = np.array([p.logarithmic for p in law.parameters])
    steps = step * np.maximum(np.abs(theta), np.where(logarithmic & (theta > 0), 0.0, 1e-3))
    ahead, behind = (np.asarray(read(theta + side * np.diag(steps))) for side in (1, -1))
    return np.asarray((ahead - behind) / (2 * steps) * find_stretch(law, theta))


def _replace(estimate: Estimate, low: float, high: float, method: str) -> Estimate:
    return Estimate(estimate.name, estimate.value, low, high, estimate.level, estimate.unit, method, estimate.n)


def _literal(number: float) -> float | None:
    return float(number) if math.isfinite(number) else None
