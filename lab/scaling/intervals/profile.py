"""The profile likelihood of least squares: where the best objective with one parameter held fixed crosses F."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq

from lab.scaling.chart import Chart, PlainChart, RawChart
from lab.scaling.intervals.rows import assess_rows
from lab.scaling.law import Law
from lab.scaling.problem import Problem, find_logarithmic, scale_parameters
from lab.scaling.search import search
from lab.scaling.uncertainty import MOST_LOG, Uncertainty

Array = NDArray[Any]

_FURTHEST = 60.0  # standard errors: a profile that has not crossed there is open on that side


@dataclass(frozen=True)
class Profiled(Uncertainty):
    """Intervals where the profile of the objective crosses its F quantile; predictions keep the covariance."""

    problem: Problem = field(kw_only=True, repr=False)
    _known: dict[float, tuple[Array, Array]] = field(default_factory=dict, init=False, repr=False, compare=False)

    def bracket(self, law: Law, theta: Array, level: float) -> tuple[Array, Array]:
        """Crossings of the profiles at `level`, found once."""
        if level not in self._known:
            reach = self.reach(level)
            low, high = np.array([find_crossings(self.problem, theta, j, reach) for j in range(len(theta))]).T
            self._known[level] = low, high
        return self._known[level]


def assess_profile(problem: Problem, theta: Array) -> Profiled:
    """Ends where 2·(objective − least) = s²·t², s² = 2·least/(n − p) (Bates & Watts 1988, section 6.1).

    Valid for least squares on independent rows only; a side that never crosses is open, and its end infinite or at the
    parameter's bound.
    """
    plain = assess_rows(problem, theta)
    method = f"profile likelihood, F(1, {plain.degrees:g}), {len(problem.data)} independent runs"
    return Profiled(plain.covariance, plain.degrees, plain.spread, method, problem=problem)


def trace_profile(problem: Problem, theta: Array, j: int, values: Array) -> Array:
    """The signed root of the profile at values of parameter j (m,), in its interval scale: ±√(2Δ/s²), t where normal.

    Straight where the law is nearly linear; its bend is what a symmetric interval gets wrong.
    """
    own = float(scale_parameters(problem.law, theta)[j])
    read = _open_profile(problem, theta, j)
    return np.array([read(float(value)) for value in values]) * np.sign(values - own)


def find_crossings(problem: Problem, theta: Array, j: int, reach: float) -> tuple[float, float]:
    """Both ends of parameter j where its profile reaches `reach` standard errors."""
    law = problem.law
    parameter, own = law.parameters[j], float(scale_parameters(law, theta)[j])
    step = reach * math.sqrt(assess_rows(problem, theta).covariance[j, j])
    logarithmic = bool(find_logarithmic(law)[j])
    low, high = (math.log(v) if logarithmic and v > 0 else -math.inf if logarithmic and v == 0 else v
                 for v in (parameter.low, parameter.high))  # fmt: skip
    read = _open_profile(problem, theta, j)
    ends = []
    for side, limit in ((-1, low), (1, high)):
        near, far = own, own + side * step
        while True:
            far = min(max(far, low), high)
            if read(far) >= reach:
                ends.append(brentq(lambda v: read(v) - reach, near, far, xtol=1e-10 * max(1.0, abs(own)), rtol=1e-9))
                break
            if far == limit or abs(far - own) > _FURTHEST / reach * step:
                ends.append(limit)
                break
            near, far = far, own + 2 * (far - own)
    if logarithmic:
        ends = [math.exp(end) if end < MOST_LOG else math.inf for end in ends]
    return float(ends[0]), float(ends[1])


def _open_profile(problem: Problem, theta: Array, j: int) -> Callable[[float], float]:
    """The unsigned root of the profile of parameter j; each value starts where the nearest one so far ended."""
    law, data = problem.law, problem.data
    inner: Chart = PlainChart(law, data.x)
    inner = inner if problem.loss.on == "log" else RawChart(inner)
    logarithmic = bool(find_logarithmic(law)[j])
    u = inner.read(theta)
    weights = problem.weights[None]
    least = float((problem.weights * problem.loss.value(problem.residuals(theta))).sum())
    noise = 2 * least / (len(data) - len(theta))
    ended = {float(scale_parameters(law, theta)[j]): np.delete(u, j)}

    @cache
    def read(value: float) -> float:
        held = math.exp(value) if logarithmic and not inner.logarithmic[j] else value
        held = math.log(value) if not logarithmic and inner.logarithmic[j] and value > 0 else held
        chart = _Held(inner, j, held if not (inner.logarithmic[j] and not logarithmic and value <= 0) else -math.inf)
        start = ended[min(ended, key=lambda known: abs(known - value))]
        found = search(problem, weights, start[None].copy(), chart=chart)
        ended[value] = found.u[0]
        return math.sqrt(max(0.0, 2 * (float(found.objective[0]) - least) / noise))

    return read


class _Held(Chart):
    """A chart with coordinate j held at a value; its coordinates are the others."""

    def __init__(self, inner: Chart, j: int, value: float) -> None:
        self._inner, self._j, self._value = inner, j, value
        self.low, self.high, self.logarithmic = (np.delete(a, j) for a in (inner.low, inner.high, inner.logarithmic))

    def read(self, theta: Array) -> Array:
        """The inner coordinates without the held one."""
        return np.delete(self._inner.read(theta), self._j, axis=-1)

    def write(self, u: Array) -> Array:
        """The parameters, the held one among them."""
        return self._inner.write(self._fill(u))

    def value(self, u: Array) -> Array:
        """The inner value."""
        return self._inner.value(self._fill(u))

    def slope(self, u: Array) -> tuple[Array, Array]:
        """The inner derivatives without the held one."""
        value, slope = self._inner.slope(self._fill(u))
        return value, np.delete(slope, self._j, axis=-1)

    def curve(self, u: Array, c: Array, slope: Array) -> Array:
        """The inner second derivatives without the held one."""
        full = self._fill(u)
        inner = self._inner.curve(full, c, self._inner.slope(full)[1])
        return np.delete(np.delete(inner, self._j, axis=1), self._j, axis=2)

    def _fill(self, u: Array) -> Array:
        return np.insert(u, self._j, self._value, axis=-1)
