"""Somebody's fitted parameters, held against their data: did the search that gave them end where it claims to?

Published fits have stopped early because the loss was averaged (Besiroglu et al. 2024, arXiv 2404.10102, on Hoffmann et
al.), and have been their own starting values in every bootstrap draw because a weight was inverted.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lab.core.errors import InputError
from lab.core.estimate import Estimate
from lab.scaling.data import Data
from lab.scaling.fitting import fit_law
from lab.scaling.law import Law
from lab.scaling.losses import Huber, Loss
from lab.scaling.problem import Problem
from lab.scaling.result import Fit
from lab.scaling.search import NO_MISFIT, assess_point

CONVERGED = 1e-6  # of the least objective: how far above it theirs may be
STUCK = 1e-8  # relative difference from a start


@dataclass(frozen=True)
class Audit:
    """What somebody's parameters are worth.

    `ratio` is their objective over the least found, `decrement` the Newton decrement gᵀH⁻¹g at them over their
    objective, `outside` the parameters that lie outside the 95 % interval of `fit`, the lab's own. `verdict` is
    'converged', 'stopped early', 'stuck at its start' or 'no optimum to compare with'.
    """

    verdict: str
    reason: str
    objective: float
    ratio: float
    decrement: float
    outside: tuple[Estimate, ...]
    fit: Fit


def audit_parameters(
    law: Law,
    data: Data,
    parameters: Mapping[str, float],
    loss: Loss | None = None,
    start: Mapping[str, float] | None = None,
) -> Audit:
    """Hold `parameters` against the least objective that the lab finds for the same law, data and loss.

    `start` are the values their search began with, where known. Raises `InputError` for a parameter that is missing,
    unknown, or out of its bounds.
    """
    loss = loss or Huber()
    theta = _order(law, parameters)
    fit = fit_law(law, data, loss)
    if fit.theta is None:
        return Audit("no optimum to compare with", fit.reason, math.nan, math.nan, math.nan, (), fit)
    problem = Problem(law, data, loss)
    objective, decrement = assess_point(problem, theta)
    perfect = NO_MISFIT**2 * float((problem.weights * problem.unit**2).sum())  # below, round-off is compared
    ratio = max(objective, perfect) / max(fit.objective, perfect)
    outside = tuple(
        estimate
        for name, estimate in ((name, fit.find(name)) for name in law.names)
        if estimate.has_interval and not estimate.contains(parameters[name])
    )
    if start is not None and np.allclose(theta, _order(law, start), rtol=STUCK, atol=0):
        verdict, reason = "stuck at its start", "the parameters are the values the search began with"
    elif ratio > 1 + CONVERGED:
        verdict = "stopped early"
        reason = f"the objective is {ratio:.4g} times the least"
    else:
        verdict, reason = "converged", ""
    return Audit(verdict, reason, objective, ratio, decrement, outside, fit)


def _order(law: Law, values: Mapping[str, float]) -> NDArray[Any]:
    for name in values:
        if name not in law.names:
            raise InputError(f"parameter of {law.name}", name, f"the law has {', '.join(law.names)}")
    for parameter in law.parameters:
        if parameter.name not in values:
            raise InputError(f"parameters of {law.name}", parameter.name, "every parameter is given", "add it")
        value = values[parameter.name]
        if not parameter.low <= value <= parameter.high or not math.isfinite(value):
            raise InputError(parameter.name, value, f"lies between {parameter.low:g} and {parameter.high:g}")
    return np.array([float(values[name]) for name in law.names])
