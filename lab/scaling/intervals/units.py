"""Rows that share units: the delete-one-unit jackknife and the cluster sandwich."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lab.scaling.data import Data
from lab.scaling.intervals.rows import pull_residuals
from lab.scaling.problem import Problem, scale_parameters
from lab.scaling.requirements import is_replicated
from lab.scaling.search import search
from lab.scaling.uncertainty import Uncertainty

Array = NDArray[Any]

_MOST_WORK = 1_000_000  # refits × rows: a second or two
_FEWEST_GROUPS = 50


def assess_units(problem: Problem, theta: Array) -> Uncertainty:
    """Jackknife: V = (K − 1)/K · Σ_k (θ_(−k) − θ̂)(θ_(−k) − θ̂)ᵀ over refits without unit k.

    This is the cluster sandwich CR3 with the law's curvature kept. Where units are very many, k is a group of them,
    drawn at random. The spread of one run is estimated without bias from r_i · r_i(−k), the residual of a row with and
    without its unit in the fit.
    """
    data = problem.data
    groups = _gather_units(data)
    count = int(groups.max()) + 1
    weights = (groups != np.arange(count)[:, None]) * problem.weights
    start = np.repeat(problem.chart.read(theta)[None], count, axis=0)
    left_out = problem.chart.write(search(problem, weights, start).u)
    moved = scale_parameters(problem.law, left_out) - scale_parameters(problem.law, theta)
    away = problem.residuals(left_out)[groups, np.arange(len(data))]
    spread = float(np.sqrt(max(0.0, (problem.weights * problem.residuals(theta) * away).mean())))
    grouped = count < data.unit_count
    degrees = count - 1 if grouped else count_degrees(problem)
    left = f"{count} groups of {data.unit_count} {data.unit}s" if grouped else f"{count} {data.unit}s"
    method = f"jackknife over {left}, t with {degrees} degrees of freedom"
    return Uncertainty((count - 1) / count * moved.T @ moved, degrees, spread, method)


def _gather_units(data: Data) -> Array:
    """What is left out together with each row (n,): its unit, or its group of units where these are very many."""
    most = max(_FEWEST_GROUPS, _MOST_WORK // len(data))
    if data.unit_count <= most:
        return data.units
    return np.asarray(np.random.default_rng(0).permutation(data.unit_count)[data.units] % most)


def assess_sandwich(problem: Problem, theta: Array) -> Uncertainty:
    """Cluster sandwich V = B M B with the leverage of each unit taken out (CR2 of Bell & McCaffrey 2002).

    M = Σ_k S_kᵀ A_k ψ_k ψ_kᵀ A_kᵀ S_k, A_k = (I − H_kk)^(−½), B = (c SᵀWS)⁻¹ with c the mean curvature of the loss as
    for independent rows; t as for the jackknife. Needs no refit.
    """
    data, root = problem.data, np.sqrt(problem.weights)
    slopes, r = problem.slopes(theta) * root[:, None], problem.residuals(theta)
    pull = root * pull_residuals(problem, theta)
    q, upper = np.linalg.qr(slopes)
    scores = []
    for k in range(data.unit_count):
        rows = data.units == k
        values, axes = np.linalg.eigh(np.eye(rows.sum()) - q[rows] @ q[rows].T)
        fair = np.where(values > 1e-9, 1 / np.sqrt(np.maximum(values, 1e-9)), 0.0)
        scores.append(q[rows].T @ (axes * fair) @ axes.T @ pull[rows])
    half = np.linalg.solve(upper, np.array(scores).T)
    degrees = count_degrees(problem)
    spread = float(np.sqrt((problem.weights * r**2).sum() / max(1, len(r) - len(theta))))
    method = f"sandwich CR2 over {data.unit_count} {data.unit}s, t with {degrees} degrees of freedom"
    return Uncertainty(half @ half.T, degrees, spread, method)


def count_degrees(problem: Problem) -> int:
    """K − p; K − 1 where every unit alone determines the law."""
    count = problem.data.unit_count
    return count - 1 if is_replicated(problem.law, problem.data) else count - len(problem.law.parameters)
