"""What is foretold of runs to come: Student's t about a centre, on the scale on which the measure is unbounded."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, NamedTuple

from scipy.special import expit, gammaln, logit, stdtr, stdtrit

from lab.core.columns import describe_column
from lab.core.estimate import Estimate
from lab.scaling import Fit, Prediction

LEVELS = (0.5, 0.8, 0.9, 0.95)


class Errors(NamedTuple):
    """Standard error of a fit's mean, and standard deviation of one run about it, both relative to the value."""

    mean: float
    run: float
    degrees: float


@dataclass(frozen=True)
class Outlook:
    """The mean of `runs` runs of `measure`, foretold.

    `center` stands on `scale` (the logarithm of a loss, the logit of an accuracy), as do `mean_error`, the standard
    error of the law's mean, and `run_error`, the standard deviation of one run about it. `degrees` are those of t,
    `units` the independent units behind the law.
    """

    measure: str
    scale: Literal["log", "logit"]
    center: float
    mean_error: float
    run_error: float
    degrees: float
    units: int
    runs: int = 1

    @property
    def value(self) -> float:
        """The centre, in the measure's unit."""
        return self.write(self.center)

    @property
    def error(self) -> float:
        """Standard error of the mean of `runs` runs to come, on `scale`: √(mean_error² + run_error²/runs)."""
        return math.sqrt(self.mean_error**2 + self.run_error**2 / self.runs)

    def bracket(self, level: float) -> tuple[float, float]:
        """The interval that holds the mean of `runs` new runs with probability `level`."""
        return self._bracket(self.error, level)

    def estimate(self, level: float = 0.95) -> list[Estimate]:
        """The value with the interval of the law's mean, and with that of the runs to come."""
        unit, method = describe_column(self.measure).unit, f"t with {self.degrees:.4g} degrees of freedom"
        what = "one new run" if self.runs == 1 else f"the mean of {self.runs} new runs"
        return [
            Estimate(name, self.value, *self._bracket(error, level), level, unit, method, self.units)
            for name, error in ((f"{self.measure}, mean", self.mean_error), (f"{self.measure}, {what}", self.error))
        ]

    def standardize(self, observed: float) -> float:
        """z: how many standard errors the observed mean lies above the centre."""
        return (self.read(observed) - self.center) / self.error

    def rank(self, observed: float) -> float:
        """The probability foretold of a smaller value (PIT; uniform for honest forecasts, Dawid 1984)."""
        return float(stdtr(self.degrees, self.standardize(observed)))

    def score(self, observed: float) -> float:
        """The logarithm of the density foretold at `observed`, nats: higher is better (Good 1952)."""
        slope = observed if self.scale == "log" else observed * (1 - observed)
        return measure_density(self.standardize(observed), self.degrees) - math.log(self.error * slope)

    def to_dict(self) -> dict[str, Any]:
        """Literals from which it can be made again, and the intervals they imply."""
        brackets = {f"{level:g}": list(self.bracket(level)) for level in LEVELS}
        return {**asdict(self), "value": self.value, "intervals": brackets}

    def _bracket(self, error: float, level: float) -> tuple[float, float]:
        half = float(stdtrit(self.degrees, (1 + level) / 2)) * error
        return self.write(self.center - half), self.write(self.center + half)

    def read(self, value: float) -> float:
        """A value of the measure on `scale`."""
        return math.log(value) if self.scale == "log" else float(logit(value))

    def write(self, center: float) -> float:
        """The measure's value at a place on `scale`."""
        return math.exp(min(center, 700.0)) if self.scale == "log" else float(expit(center))


def read_outlook(content: dict[str, Any]) -> Outlook:
    """The outlook of `Outlook.to_dict`."""
    return Outlook(**{name: content[name] for name in Outlook.__dataclass_fields__})


def measure_errors(fit: Fit, x: Mapping[str, float]) -> Errors:
    """The errors of a fit's prediction at one point, from its intervals of the mean and of one run more."""
    assert fit.uncertainty is not None
    at: dict[str, Any] = dict(x)
    reach = 2 * fit.uncertainty.reach(0.95)
    mean, run = (
        _measure_width(fit, ends) / reach for ends in (fit.predict_mean(0.95, **at), fit.predict_new_run(0.95, **at))
    )
    return Errors(mean, math.sqrt(max(run**2 - mean**2, 0.0)), float(fit.uncertainty.degrees))


def look_ahead(fit: Fit, x: Mapping[str, float], runs: int = 1, measure: str = "loss_nats") -> Outlook:
    """What `fit`, which has an interval, foretells at the point `x`; errors are those of the logarithm."""
    errors = measure_errors(fit, x)
    at: dict[str, Any] = dict(x)
    center = math.log(float(fit.predict_mean(0.95, **at).value[0]))
    return Outlook(measure, "log", center, errors.mean, errors.run, errors.degrees, fit.units, runs)


def _measure_width(fit: Fit, ends: Prediction) -> float:
    """The width of an interval relative to the value, measured where it is symmetric: in the logarithm, or as it is."""
    value, low, high = (float(end[0]) for end in ends)
    return math.log(high / low) if fit.loss.on == "log" else (high - low) / value


def measure_density(t: float, degrees: float) -> float:
    """The logarithm of Student's density at t."""
    constant = float(gammaln((degrees + 1) / 2) - gammaln(degrees / 2)) - math.log(degrees * math.pi) / 2
    return constant - (degrees + 1) / 2 * math.log1p(t * t / degrees)
