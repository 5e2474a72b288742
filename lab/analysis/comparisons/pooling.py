"""Estimates of several groups pooled, when the groups differ by more than their errors: a random-effects model.

y_g = μ + u_g + e_g with u_g ~ N(0, τ²) and e ~ N(0, V), V the known covariance of the estimates. τ² by restricted
maximum likelihood, μ by generalised least squares, its interval after Hartung and Knapp 2001 (doi 10.1002/sim.791),
never narrower than the one of a known τ² (Röver et al. 2015, doi 10.1186/s12874-015-0091-1). One group more varies by
τ besides, which so few groups hardly know: one degree of freedom less (Higgins et al. 2009, doi
10.1111/j.1467-985X.2008.00552.x); simulated with 3 to 6 groups its 95 % interval holds 90 to 100 %.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.special import stdtrit

from lab.core.estimate import Estimate

Array = NDArray[Any]

FEWEST_GROUPS = 3  # of two, the spread between groups is one number's


@dataclass(frozen=True)
class Pooled:
    """`mean` μ over the groups; `next_group` the same with the interval of one group more; `spread` τ, the standard
    deviation between groups, without an interval; `drawn` each group's own value drawn towards μ (partial pooling).
    `reason` says why there is none.
    """

    mean: Estimate
    next_group: Estimate
    spread: float
    drawn: tuple[float, ...]
    reason: str = ""


def pool_estimates(name: str, values: Array, covariance: Array, level: float = 0.95) -> Pooled:
    """`values` (k,) with their covariance (k, k), pooled; refused below three groups."""
    count = len(values)
    if count < FEWEST_GROUPS:
        reason = f"{count} groups; {FEWEST_GROUPS} are needed to see how groups differ"
        blank = Estimate(name, math.nan, level=level, method=reason, n=count)
        return Pooled(blank, blank, math.nan, (), reason)
    spread = _find_spread(values, covariance)
    precision = np.linalg.inv(covariance + spread**2 * np.eye(count))
    weight = precision.sum()
    mean = float(precision.sum(axis=0) @ values / weight)
    away = values - mean
    excess = max(1.0, float(away @ precision @ away) / (count - 1))
    variance = excess / weight

    def bracket(variance: float, degrees: int) -> Estimate:
        half = float(stdtrit(degrees, (1 + level) / 2)) * math.sqrt(variance)
        method = f"random effects by REML, Hartung-Knapp t with {degrees} degrees of freedom"
        return Estimate(name, mean, mean - half, mean + half, level, method=method, n=count)

    drawn = mean + spread**2 * precision @ away
    ends = bracket(variance, count - 1), bracket(variance + spread**2, count - 2)
    return Pooled(*ends, spread, tuple(float(value) for value in drawn))


def _find_spread(values: Array, covariance: Array) -> float:
    """τ at the maximum of the restricted likelihood."""
    unit = np.eye(len(values))

    def misfit(spread: float) -> float:
        total = covariance + spread**2 * unit
        precision = np.linalg.inv(total)
        weight = precision.sum()
        away = values - precision.sum(axis=0) @ values / weight
        return float(np.linalg.slogdet(total)[1] + math.log(weight) + away @ precision @ away)

    widest = 10 * (float(np.ptp(values)) + math.sqrt(float(np.diag(covariance).max())))
    best = minimize_scalar(misfit, bounds=(0.0, widest), method="bounded", options={"xatol": 1e-9 * widest})
    return float(best.x) if misfit(float(best.x)) < misfit(0.0) else 0.0
