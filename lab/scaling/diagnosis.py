"""What a search that ended is worth: bounds, condition, lack of fit, the shape of the residuals; and the status."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import fdtrc, ndtr

from lab.scaling.law import Parameter
from lab.scaling.problem import Problem
from lab.scaling.result import Status
from lab.scaling.scatter import ask_tails, ask_trend, measure_kurtosis
from lab.scaling.uncertainty import Uncertainty

Array = NDArray[Any]

_NO_SHARE = 1e-6  # of the loss, below which a term has left the law
_RIDGE = 0.25  # share of the range of a constant, in the logarithm, that tells nothing of it
_DOUBT = 0.01  # p-value below which a diagnosis is spoken of


def find_bounds(problem: Problem, theta: Array) -> tuple[str, ...]:
    """The parameters at a bound: a nonlinear one at its end, a positive linear one whose term has left the law."""
    law, x = problem.law, problem.data.x
    found = []
    total = law.predict(theta, **x)
    for j, parameter in enumerate(law.parameters):
        if parameter.linear and parameter.low == 0:
            without = theta.copy()
            without[j] = 0.0
            hit = bool((np.abs(total - law.predict(without, **x)) < _NO_SHARE * np.abs(total)).all())
        else:
            near = 1e-9 * (abs(theta[j]) if parameter.low > 0 else max(1.0, abs(theta[j])))
            hit = theta[j] <= parameter.low + near or theta[j] >= parameter.high - near
        if hit:
            found.append(parameter.name)
    return tuple(found)


def find_condition(problem: Problem, theta: Array) -> float:
    """The condition number of the Jacobian with its columns scaled to length 1; infinite where one is 0."""
    slopes = problem.slopes(theta)
    length = np.linalg.norm(slopes, axis=0)
    if not (np.isfinite(slopes).all() and (length > 0).all()):
        return math.inf
    return float(np.linalg.cond(slopes / length))


def diagnose(
    problem: Problem, theta: Array, at_bound: tuple[str, ...], condition: float, uncertainty: Uncertainty | None
) -> tuple[Status, str, str]:
    """Status, reason and next step of a search that converged."""
    if at_bound:
        names = " and ".join(at_bound)
        return Status.BOUND_HIT, f"{names} ran into a bound", "fit a law without it, or run a wider range"
    if uncertainty is None:
        reason = f"the data do not tell the parameters apart (condition number {condition:.0e})"
        return Status.UNIDENTIFIED, reason, "run a wider range of every predictor"
    ends = uncertainty.bracket(problem.law, theta, 0.95)
    sides = list(zip(problem.law.parameters, *ends, strict=True))
    for find, reason in (
        (_is_endless, "the interval of {} has no end"),
        (_is_open, "the interval of {} reaches the end of its range"),
        (_is_flat, "{} lies on a ridge: its interval spans orders of magnitude"),
    ):
        if named := [parameter.name for parameter, low, high in sides if find(parameter, low, high)]:
            next_step = "run a wider range, more seeds, or fit a law with fewer parameters"
            return Status.UNIDENTIFIED, reason.format(" and ".join(named)), next_step
    return Status.CONVERGED, "", ""


def _is_endless(parameter: Parameter, low: float, high: float) -> bool:
    return not (math.isfinite(low) and math.isfinite(high))


def _is_open(parameter: Parameter, low: float, high: float) -> bool:
    bounded = math.isfinite(parameter.low) or math.isfinite(parameter.high)
    return not parameter.linear and bounded and (low <= parameter.low or high >= parameter.high)


def _is_flat(parameter: Parameter, low: float, high: float) -> bool:
    """Whether the interval of a positive nonlinear constant takes more than a share of its range in the logarithm."""
    if parameter.linear or parameter.scale != "log" or not 0 < parameter.low < parameter.high < math.inf:
        return False
    return math.log(high / low) > _RIDGE * math.log(parameter.high / parameter.low)


@dataclass(frozen=True)
class Residuals:
    """The residuals of a fit, looked at.

    `lack_of_fit` is the p-value of the F test of the law against replicates, NaN where no predictors repeat;
    `kurtosis` the excess over the normal's; `trend` the p-value of Spearman's correlation of |residual| with the fitted
    loss (unequal scatter); `runs` the p-value of the Wald-Wolfowitz test for signs that cluster along the fitted loss
    (a term is missing). `remarks` says in words which are out of the ordinary.
    """

    lack_of_fit: float
    kurtosis: float
    trend: float
    runs: float
    remarks: tuple[str, ...]


def look_at_residuals(problem: Problem, theta: Array) -> Residuals:
    """The diagnosis of the residuals of `theta`, weighted."""
    fitted = problem.law.predict(theta, **problem.data.x)
    r = problem.residuals(theta) * np.sqrt(problem.weights)
    order = np.argsort(fitted, kind="stable")
    if len(r) < 5 or not np.isfinite(r).all() or np.ptp(np.abs(r)) == 0 or np.ptp(fitted) == 0:
        return Residuals(math.nan, math.nan, math.nan, math.nan, ())
    lack = measure_lack_of_fit(problem, theta)
    kurtosis = measure_kurtosis(r)
    heavy = ask_tails(r).p if len(r) >= 20 and kurtosis > 0 else 1.0
    trend = ask_trend(np.abs(r), fitted).p
    signs = _test_signs(r[order])
    named = (
        (lack < _DOUBT, f"the law does not fit: its residuals exceed the scatter of replicates (p = {lack:.1g})"),
        (signs < _DOUBT, f"residuals of one sign cluster along the curve (p = {signs:.1g}): a term may be missing"),
        (heavy < _DOUBT, f"heavy tails (excess kurtosis {kurtosis:.1f}): look at the runs furthest off"),
        (trend < _DOUBT, f"the scatter changes along the curve (p = {trend:.1g})"),
    )
    return Residuals(lack, kurtosis, trend, signs, tuple(text for doubtful, text in named if doubtful))


def measure_lack_of_fit(problem: Problem, theta: Array) -> float:
    """p-value of F = (SS_lack/(m − p)) / (SS_pure/(n − m)) over m distinct predictors.

    Draper & Smith 1998, Applied Regression Analysis, section 2.1.
    NaN where nothing repeats, or rows share units and so are no replicates of each other.
    """
    data = problem.data
    table = np.column_stack([data.x[name] for name in problem.law.predictors])
    cells = np.unique(table, axis=0, return_inverse=True)[1].reshape(-1)
    groups, size = int(cells.max()) + 1, len(theta)
    if data.is_clustered or groups <= size or groups == len(data):
        return math.nan
    r, w = problem.residuals(theta), problem.weights
    means = np.bincount(cells, w * r) / np.bincount(cells, w)
    pure = float((w * (r - means[cells]) ** 2).sum())
    lack = float((w * means[cells] ** 2).sum())
    if pure <= 0:  # replicates that agree to the last digit have no scatter to hold a law against
        return math.nan
    return float(fdtrc(groups - size, len(data) - groups, lack / (groups - size) * (len(data) - groups) / pure))


def _test_signs(r: Array) -> float:
    """One-sided p-value of too few runs of one sign (Wald & Wolfowitz 1940), normal approximation."""
    up = r > 0
    above, below = int(up.sum()), int((~up).sum())
    if min(above, below) < 4:
        return math.nan
    count = 1 + int((up[1:] != up[:-1]).sum())
    mean = 1 + 2 * above * below / len(r)
    variance = (mean - 1) * (mean - 2) / (len(r) - 1)
    return float(ndtr((count - mean) / math.sqrt(variance)))
