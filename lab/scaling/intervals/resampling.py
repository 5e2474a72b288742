"""Refits to resampled units or to losses drawn anew: pairs, wild and parametric bootstrap."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lab.core.seeds import open_stream
from lab.scaling.intervals.components import find_components
from lab.scaling.intervals.units import count_degrees
from lab.scaling.problem import Problem, scale_parameters
from lab.scaling.search import search
from lab.scaling.starts import FEW_NODES, find_starts
from lab.scaling.uncertainty import Drawn

Array = NDArray[Any]

_WEBB = np.array([-np.sqrt(1.5), -1.0, -np.sqrt(0.5), np.sqrt(0.5), 1.0, np.sqrt(1.5)])


def draw_pairs(problem: Problem, theta: Array, resamples: int, seed: int) -> Array:
    """Parameters (r, p) refitted to units drawn with replacement (Efron 1979; Cameron, Gelbach & Miller 2008)."""
    chance = open_stream(seed, "bootstrap", problem.data.hash)
    count = problem.data.unit_count
    drawn = chance.integers(count, size=(resamples, count))
    times = np.stack([np.bincount(row, minlength=count) for row in drawn]).astype(float)
    return refit(problem, theta, times[:, problem.data.units] * problem.weights)


def draw_wild(problem: Problem, theta: Array, resamples: int, seed: int) -> Array:
    """Parameters (r, p) refitted to the law plus residuals, those of a unit times one of Webb's six weights.

    Webb 2023, doi 10.1111/caje.12661; the residuals are first freed of their leverage, (I − H)^(−½) row by row.
    """
    chance = open_stream(seed, "wild bootstrap", problem.data.hash)
    factors = _WEBB[chance.integers(6, size=(resamples, problem.data.unit_count))][:, problem.data.units]
    q = np.linalg.qr(np.sqrt(problem.weights)[:, None] * problem.slopes(theta))[0]
    r = problem.residuals(theta) / np.sqrt(np.maximum(1 - (q**2).sum(axis=1), 1e-6))
    return _refit_targets(problem, theta, problem.target - problem.residuals(theta) + factors * r)


def draw_parametric(problem: Problem, theta: Array, resamples: int, seed: int) -> Array:
    """Parameters (r, p) refitted to the law plus normal luck of units and rows, its scale drawn from χ² as t's is."""
    chance = open_stream(seed, "parametric bootstrap", problem.data.hash)
    row, unit = find_components(problem, theta, problem.residuals(theta))
    degrees = count_degrees(problem)
    scale = np.sqrt(degrees / chance.chisquare(degrees, size=(resamples, 1)))
    shared = unit * chance.standard_normal((resamples, problem.data.unit_count))[:, problem.data.units]
    luck = shared + row / np.sqrt(problem.weights) * chance.standard_normal((resamples, len(problem.data)))
    return _refit_targets(problem, theta, problem.target - problem.residuals(theta) + scale * luck)


def summarize_draws(problem: Problem, theta: Array, draws: Array, name: str) -> Drawn:
    """Quantiles of the draws as intervals."""
    covariance = np.atleast_2d(np.cov(scale_parameters(problem.law, draws).T))
    row, unit = find_components(problem, theta, problem.residuals(theta))
    method = f"{name} bootstrap, {len(draws)} resamples of {problem.data.unit_count} {problem.data.unit}s"
    return Drawn(covariance, count_degrees(problem), float(np.hypot(row, unit)), method, draws)


def refit(problem: Problem, theta: Array, weights: Array) -> Array:
    """Parameters (r, p) for each row of `weights` (r, n), the better of two searches: from θ̂, and from the best node of
    the row's own grid.
    """
    near = np.broadcast_to(problem.chart.read(theta), (len(weights), len(theta)))
    far = problem.chart.read(find_starts(problem, weights, 1, FEW_NODES)[:, 0])
    found = search(problem, np.concatenate([weights, weights]), np.concatenate([near, far]))
    objective = np.where(np.isfinite(found.objective), found.objective, np.inf).reshape(2, -1)
    u = found.u.reshape(2, len(weights), -1)
    return problem.chart.write(np.where((objective[0] <= objective[1])[:, None], u[0], u[1]))


def _refit_targets(problem: Problem, theta: Array, target: Array) -> Array:
    weights = np.broadcast_to(problem.weights, target.shape)
    near = np.broadcast_to(problem.chart.read(theta), (len(target), len(theta)))
    return problem.chart.write(search(problem, weights, near, target=target).u)
