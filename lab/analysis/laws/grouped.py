"""One law over several groups of runs: parameters that the groups share, and parameters each group has for itself.

L_g(N, D) = E + A_g·N^(−α_g) + B_g·D^(−β_g) is Chinchilla's law with the shared E, which belongs to the data and not to
the recipe. With the exponents shared too, a change of recipe can shift the offset only. Both are laws like any other,
so the engine's search, units of evidence and intervals are theirs.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lab.core.estimate import Estimate
from lab.scaling import Fit, Law
from lab.scaling.result import differentiate

Array = NDArray[Any]

GROUP = "group"  # the predictor that says which group a run is of: 1, 2, …
MOST_LAWS = 64
_MOST_LOG = 700.0  # the exponential of more overflows


@lru_cache(MOST_LAWS)
def group_law(
    base: Law, groups: tuple[str, ...], shared: tuple[str, ...], starts: tuple[tuple[float, ...], ...]
) -> Law:
    """`base` for each of `groups`, the parameters named in `shared` being one for all: 'E', 'A[muon]', 'A[adamw]' ….

    Runs are told apart by the further predictor `GROUP`. `starts` are parameters of `base`, one row per group.
    """
    parameters, places = [], np.zeros((len(groups), len(base.parameters)), int)
    for j, parameter in enumerate(base.parameters):
        for g, group in enumerate(groups):
            if g == 0 or parameter.name not in shared:
                own = parameter.name not in shared
                parameters.append(replace(parameter, name=name_own(parameter.name, group)) if own else parameter)
            places[g, j] = len(parameters) - 1

    class Grouped(Law):
        """A law whose parameters differ between groups of runs."""

        name = f"{base.name} by group"
        citation = base.citation
        predictors = base.predictors

        def predict(self, theta: Array, **x: Array) -> Array:
            """The law of every run's own group."""
            theta, parts = np.asarray(theta), []
            for g, place in enumerate(places):
                value = base.predict(theta[..., place], **{name: x[name] for name in base.predictors})
                parts.append(np.where(x[GROUP] == g + 1, value, 0.0))
            return np.asarray(sum(parts))

        def gradient(self, theta: Array, **x: Array) -> Array:
            """Of every run by the parameters of its group."""
            theta = np.asarray(theta)
            total = np.zeros((*theta.shape[:-1], len(x[GROUP]), len(self.parameters)))
            for g, place in enumerate(places):
                slope = base.gradient(theta[..., place], **{name: x[name] for name in base.predictors})
                total[..., place] += np.where((x[GROUP] == g + 1)[:, None], slope, 0.0)
            return total

        def propose(self, x: Mapping[str, Array], y: Array) -> Array:
            """Every group at its own start, and all groups at the start of one of them."""
            rows = [[start] * len(groups) for start in starts]
            return np.array([pool(np.array(row)) for row in [list(starts), *rows]])

        @property
        def levels(self) -> int:
            """Of the law within a group: each is checked by itself."""
            return base.levels

    def pool(start: Array) -> Array:
        theta = np.zeros(len(parameters))
        for j, parameter in enumerate(base.parameters):
            middle = np.exp(np.log(start[:, j]).mean()) if parameter.logarithmic else start[:, j].mean()
            theta[places[:, j]] = middle if parameter.name in shared else start[:, j]
        return theta

    Grouped.parameters = tuple(parameters)
    return Grouped()


def name_own(parameter: str, group: str) -> str:
    """'alpha[muon]': the parameter of one group."""
    return f"{parameter}[{group}]"


def find_places(fit: Fit, base: Law, group: str) -> list[int]:
    """Where the parameters of `base` for `group` stand among those of a grouped fit."""
    names = list(fit.form.names)
    own = [name_own(parameter.name, group) for parameter in base.parameters]
    return [names.index(o if o in names else p.name) for o, p in zip(own, base.parameters, strict=True)]


def measure(fit: Fit, name: str, read: Callable[[Array], Array], level: float = 0.95, unit: str = "") -> Estimate:
    """The quantity `read(theta)`, where theta (r, p) gives (r,), with its interval by the delta method.

    The interval is that of the fit's own units and degrees of freedom; none where the fit has none.
    """
    if fit.theta is None:
        return Estimate(name, math.nan, level=level, unit=unit, method=fit.reason, n=fit.units)
    value = float(read(fit.theta[None])[0])
    if fit.uncertainty is None or fit.covariance is None:
        return Estimate(name, value, level=level, unit=unit, method=fit.reason, n=fit.units)
    slope = differentiate(fit.form, fit.theta, read)
    half = fit.uncertainty.reach(level) * math.sqrt(max(0.0, float(slope @ fit.covariance @ slope)))
    return Estimate(name, value, value - half, value + half, level, unit, fit.uncertainty.method, fit.units)


def measure_ratio(fit: Fit, name: str, read: Callable[[Array], Array], level: float = 0.95) -> Estimate:
    """The positive quantity whose logarithm is `read(theta)`; its interval is symmetric in the logarithm."""
    log = measure(fit, name, read, level)
    value, low, high = (math.exp(min(end, _MOST_LOG)) for end in (log.value, log.low, log.high))
    return replace(log, value=value, low=low, high=high)
