"""The general path: any law a user writes, positive or not, linear somewhere or nowhere, from starts that are given.

Trust region with the exact Jacobian, columns scaled by their own length (Branch, Coleman & Li 1999, in SciPy). On the
NIST reference problems it is the one setting that finds all certified values; benchmarks/nist_reference.py shows it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares

from lab.scaling.problem import Problem
from lab.scaling.search import NO_MISFIT, Found

Array = NDArray[Any]

_TOLERANCE = 1e-15
_MOST_EVALUATIONS, _FEWEST_EVALUATIONS = 5000, 100  # over all starts, and of one
_SETTLED = 1e-9  # Newton decrement over the objective


def search_general(problem: Problem, starts: Array) -> Found:
    """Minimise the loss from each start (S, p). `u` of what is found holds parameters, not coordinates of a chart.

    Least squares on s = sign(r)·√(2ρ(r)), whose half sum of squares is Σρ for any loss.
    """
    law, data, loss = problem.law, problem.data, problem.loss
    root = np.sqrt(problem.weights)
    low, high = np.array([[p.low, p.high] for p in law.parameters]).T

    def bend(theta: Array) -> Array:
        with np.errstate(all="ignore"):
            r = problem.residuals(theta)
            s = root * np.sign(r) * np.sqrt(2 * loss.value(r))
        return np.where(np.isfinite(s), s, 1e150)

    def differentiate(theta: Array) -> Array:
        with np.errstate(all="ignore"):
            r = problem.residuals(theta)
            size = np.sqrt(2 * loss.value(r))
            stretch = np.where(size > 0, np.abs(loss.slope(r)) / np.where(size > 0, size, 1.0), 1.0)
            slopes = law.gradient(theta, **data.x)
            if loss.on == "log":
                slopes = slopes / law.predict(theta, **data.x)[:, None]
            jacobian = -(root * stretch)[:, None] * slopes
        return np.clip(np.where(np.isfinite(jacobian), jacobian, 0.0), -1e100, 1e100)  # its square has to be finite too

    most = max(_FEWEST_EVALUATIONS, _MOST_EVALUATIONS // len(starts))
    ended, objectives, decrements, steps = [], [], [], []
    for start in starts:
        start = np.where(np.isfinite(start), start, 1.0)  # what the grid could not solve
        inside = np.clip(start, np.nextafter(low, np.inf), np.nextafter(high, -np.inf))
        found = least_squares(
            bend, inside, differentiate, bounds=(low, high), method="trf", x_scale="jac", max_nfev=most,
            ftol=_TOLERANCE, xtol=_TOLERANCE, gtol=_TOLERANCE,
        )  # fmt: skip
        ended.append(found.x)
        objectives.append(found.cost)
        free = found.active_mask == 0
        jacobian = np.asarray(found.jac)[:, free]
        gain = np.linalg.lstsq(jacobian, found.fun, rcond=None)[0] if free.any() else np.zeros(0)
        decrements.append(float(np.sum((jacobian @ gain) ** 2)))
        steps.append(int(found.nfev - 1))
    objective = np.array(objectives)
    perfect = NO_MISFIT**2 * float((problem.weights * problem.unit**2).sum())
    decrement = np.array(decrements) / np.maximum(objective, perfect)
    converged = (decrement <= _SETTLED) | (objective <= perfect)
    return Found(np.array(ended), objective, decrement, converged, np.array(steps))
