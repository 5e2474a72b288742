"""Too few units for a sandwich: a model of their luck. Each unit has a luck common to its rows, each row its own."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lab.scaling.intervals.rows import invert_moments, pull_residuals
from lab.scaling.intervals.units import count_degrees
from lab.scaling.problem import Problem
from lab.scaling.uncertainty import Uncertainty

Array = NDArray[Any]


def assess_components(problem: Problem, theta: Array) -> Uncertainty:
    """V = (SᵀWS)⁻¹ SᵀWΩWS (SᵀWS)⁻¹, Ω = σ²·W⁻¹ + τ²·(1 within a unit), t with K − p degrees of freedom.

    σ² and τ² are those of `find_components`, for V of the residuals as far as they move the fit. The degrees are those
    of the units even for parameters that are told apart within them, which errs on the safe side.
    """
    w, slopes = problem.weights, problem.slopes(theta)
    inner, outer = find_components(problem, theta, pull_residuals(problem, theta))
    sums = sum_units(problem, w[:, None] * slopes)
    scaled = np.sqrt(w)[:, None] * slopes
    bread = invert_moments(scaled)
    covariance = bread @ (inner**2 * scaled.T @ scaled + outer**2 * sums.T @ sums) @ bread
    row, unit = find_components(problem, theta, problem.residuals(theta))
    degrees = count_degrees(problem)
    method = (
        f"variance components ({problem.data.unit} {unit:.2g}, run {row:.2g}), {problem.data.unit_count} "
        f"{problem.data.unit}s, t with {degrees} degrees of freedom"
    )
    return Uncertainty(covariance, degrees, float(np.hypot(row, unit)), method)


def find_components(problem: Problem, theta: Array, residuals: Array) -> tuple[float, float]:
    """Standard deviations of a row's own luck (at weight 1) and of the luck common to a unit.

    From the two moments Σwr² and Σ_k(Σ_{i∈k} w_i r_i)² of the residuals (n,), unbiased for what the fit took away
    (Henderson 1953, method 3, doi 10.2307/3001853).
    """
    root = np.sqrt(problem.weights)
    q = np.linalg.qr(root[:, None] * problem.slopes(theta))[0]
    r = root * residuals
    rows, size = q.shape
    members = np.bincount(problem.data.units, problem.weights)
    inside = sum_units(problem, root[:, None] * q)  # Zᵀq (K, p), Z = √w within a unit
    fitted = inside @ inside.T
    left = np.diag(members) - fitted  # ZᵀMZ, M = I − qqᵀ
    moments = np.array([[rows - size, np.trace(left)], [np.trace(left), (left**2).sum()]])
    seen = np.array([(r**2).sum(), (sum_units(problem, (root * r)[:, None]) ** 2).sum()])
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
