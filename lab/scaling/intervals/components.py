"""Too few units for a sandwich: a model of their luck. Each unit has a luck common to its rows, each row its own."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lab.scaling.intervals.rows import invert_moments
from lab.scaling.intervals.units import count_degrees
from lab.scaling.problem import Problem
from lab.scaling.uncertainty import Uncertainty

Array = NDArray[Any]


def assess_components(problem: Problem, theta: Array) -> Uncertainty:
    """V = (SᵀS)⁻¹ Sᵀ Ω S (SᵀS)⁻¹, Ω = σ²·I + τ²·(1 within a unit), t with K − p degrees of freedom.

    σ² and τ² are the two moments Σr² and Σ_k(Σ_{i∈k} r_i)² of the residuals, unbiased for what the fit took away
    (Henderson 1953, method 3, doi 10.2307/3001853). The degrees are those of the units even for parameters that are
    told apart within them, which errs on the safe side.
    """
    slopes = problem.slopes(theta)
    row, unit = find_components(problem, theta)
    sums = sum_units(problem, slopes)
    bread = invert_moments(slopes)
    covariance = bread @ (row**2 * slopes.T @ slopes + unit**2 * sums.T @ sums) @ bread
    degrees = count_degrees(problem)
    method = (
        f"variance components ({problem.data.unit} {unit:.2g}, run {row:.2g}), {problem.data.unit_count} "
        f"{problem.data.unit}s, t with {degrees} degrees of freedom"
    )
    return Uncertainty(covariance, degrees, float(np.hypot(row, unit)), method)


def find_components(problem: Problem, theta: Array) -> tuple[float, float]:
    """Standard deviations of a row's own luck and of the luck common to a unit, on the scale of the residual."""
    q = np.linalg.qr(problem.slopes(theta))[0]
    r = problem.residuals(theta)
    rows, size = q.shape
    members = np.bincount(problem.data.units).astype(float)
    inside = sum_units(problem, q)  # Zᵀq (K, p)
    fitted = inside @ inside.T
    left = np.diag(members) - fitted  # ZᵀMZ, M = I − qqᵀ
    moments = np.array([[rows - size, np.trace(left)], [np.trace(left), (left**2).sum()]])
    seen = np.array([(r**2).sum(), (sum_units(problem, r[:, None]) ** 2).sum()])
    if len(members) == rows:
        return float(np.sqrt(seen[0] / (rows - size))), 0.0
    row, unit = np.linalg.solve(moments, seen)
    if unit <= 0:
        return float(np.sqrt(seen[0] / (rows - size))), 0.0
    if row <= 0:
        return 0.0, float(np.sqrt(seen[1] / moments[1, 1]))
    return float(np.sqrt(row)), float(np.sqrt(unit))


def sum_units(problem: Problem, values: Array) -> Array:
    """Sums of the rows (n, m) of each unit, (K, m)."""
    sums = np.zeros((problem.data.unit_count, values.shape[1]))
    np.add.at(sums, problem.data.units, values)
    return sums
