"""The search: damped Newton steps on the exact Hessian, for a whole batch of starts × resamples at once.

The damping adds λ times the Gauss-Newton matrix of the majorising parabola: a large λ is a safe
majorise-minimise step, λ → 0 is Newton's, which ends in finitely many steps where the loss is piecewise quadratic.
A resample is a row of weights, so nothing is copied. Everything is float64, sums, and free of the scale of the data.

Shapes: B rows of the batch, n observations, p coordinates.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lab.scaling.chart import Chart
from lab.scaling.losses import Loss
from lab.scaling.problem import Problem

Array = NDArray[Any]

CHUNK = 256  # rows at a time: what stays in the cache
MOST_STEPS = 200
FIRST_STEPS, RIVALS = 25, 3  # of many starts: steps of the first round, and how many may go on
_EXACT = 1e-18  # Newton decrement over the objective at which nothing is left to gain
_ROUND_OFF = 1e-9  # the same where no step lowers the objective any more
_PERFECT = 64 * np.finfo(float).eps  # residuals of a law that fits exactly
NO_MISFIT = 1e-8  # residuals that no data have
_CUSHION = 1e-3  # of the diagonal, so that damping works where the majoriser is singular
_GONE = 1e-9  # share of the loss at which a term that still shrinks is let go
_MOST_DAMPING, _LEAST_DAMPING = 1e10, 1e-9


@dataclass(frozen=True)
class Found:
    """Where a batch ended: coordinates (B, p), objective (B,), Newton decrement over the objective (B,), converged
    (B,), and steps that lowered the objective (B,), those of the last stage of the loss."""

    u: Array
    objective: Array
    decrement: Array
    converged: Array
    steps: Array


_FIELDS = tuple(field.name for field in fields(Found))


def search_starts(problem: Problem, u: Array) -> Found:
    """The search from several starts (S, p) with the problem's own weights.

    After a first round a start goes on only if it has not ended and may still win: those behind the best that ended are
    left where they are, and so are all but the foremost few.
    """
    weights = np.broadcast_to(problem.weights, (len(u), len(problem.data)))
    found = search(problem, weights, u, most_steps=FIRST_STEPS)
    least = found.objective[found.converged].min(initial=np.inf)
    rivals = np.flatnonzero(~found.converged & np.isfinite(found.objective) & (found.objective < least))
    rivals = rivals[np.argsort(found.objective[rivals], kind="stable")][:RIVALS]
    if not len(rivals):
        return found
    again = search(problem, weights[rivals], found.u[rivals])
    merged = {name: getattr(found, name).copy() for name in _FIELDS}
    for name in _FIELDS:
        merged[name][rivals] = getattr(again, name)
    merged["steps"][rivals] += found.steps[rivals]
    return Found(**merged)


def search(
    problem: Problem,
    weights: Array,
    u: Array,
    target: Array | None = None,
    chart: Chart | None = None,
    most_steps: int = MOST_STEPS,
) -> Found:
    """Minimise Σ_i w_i ρ(target_i − g_i(u)) from each row of `u` with the weights (B, n) of the same row.

    `target` (n,) or (B, n) takes the place of the problem's own, `chart` that of its coordinates.
    """
    chart = chart or problem.chart
    targets = np.broadcast_to(problem.target if target is None else target, weights.shape)
    parts = []
    for at in range(0, len(u), CHUNK):
        rows = slice(at, at + CHUNK)
        u_rows = u[rows]
        for loss in problem.loss.stages():
            found = _search_chunk(_Rows(chart, loss, targets[rows], weights[rows], problem.unit), u_rows, most_steps)
            u_rows = found.u
        parts.append(found)
    return Found(*(np.concatenate([getattr(part, name) for part in parts]) for name in _FIELDS))


def assess_point(problem: Problem, theta: Array) -> tuple[float, float]:
    """The objective at parameters (p,), and the Newton decrement gᵀH⁻¹g over it, twice what a step would gain."""
    rows = _Rows(problem.chart, problem.loss, problem.target[None], problem.weights[None], problem.unit)
    u = problem.chart.read(theta)[None]
    objective = float(_measure(rows, u)[0])
    if not np.isfinite(objective):
        return objective, float("inf")
    return objective, float(_propose(rows, u, np.zeros(1))[1][0]) / max(objective, np.finfo(float).tiny)


@dataclass(frozen=True)
class _Rows:
    """The rows of a batch: target and weights (B, n), the unit of the target (n,)."""

    chart: Chart
    loss: Loss
    target: Array
    weights: Array
    unit: Array

    def __getitem__(self, rows: Array) -> _Rows:
        return _Rows(self.chart, self.loss, self.target[rows], self.weights[rows], self.unit)


def _measure(rows: _Rows, u: Array) -> Array:
    """The objective (B,), infinite where the law is not positive."""
    with np.errstate(all="ignore"):
        value = (rows.weights * rows.loss.value(rows.target - rows.chart.value(u))).sum(axis=1)
    return np.where(np.isfinite(value), value, np.inf)


def _search_chunk(rows: _Rows, u: Array, most_steps: int) -> Found:
    chart = rows.chart
    u = np.clip(u, chart.low, chart.high)
    objective = _measure(rows, u)
    count = len(u)
    damping, steps = np.ones(count), np.zeros(count, int)
    decrement, converged = np.full(count, np.inf), np.zeros(count, bool)
    energy = (rows.weights * rows.unit**2).sum(axis=1)
    live = np.flatnonzero(np.isfinite(objective))
    for _ in range(most_steps):
        if not len(live):
            break
        step, gain = _propose(rows[live], u[live], damping[live])
        perfect = _PERFECT**2 * energy[live]
        decrement[live] = gain / np.maximum(objective[live], perfect)
        converged[live] = decrement[live] <= _EXACT
        moved = np.clip(u[live] + step, chart.low, chart.high)
        reached = _measure(rows[live], moved)
        better = reached < objective[live]
        u[live] = np.where(better[:, None], moved, u[live])
        objective[live] = np.where(better, reached, objective[live])
        steps[live] += better
        eased = np.where(damping[live] < _LEAST_DAMPING, 0.0, damping[live] / 4)
        damping[live] = np.where(better, eased, np.maximum(10 * damping[live], _LEAST_DAMPING))
        settled = (decrement[live] <= _ROUND_OFF) | (objective[live] <= perfect)
        converged[live] |= ~better & settled
        live = live[~(converged[live] | (damping[live] > _MOST_DAMPING))]
    _polish(rows, u, objective, decrement, np.flatnonzero(converged & (decrement > _EXACT)))
    converged |= objective <= NO_MISFIT**2 * energy  # crawling towards a bound that fits exactly
    return Found(u, objective, decrement, converged, steps)


def _polish(rows: _Rows, u: Array, objective: Array, decrement: Array, chosen: Array) -> None:
    """One Newton step where the gradient still sees a way and the objective, at its round-off, no longer does."""
    if not len(chosen):
        return
    part, none = rows[chosen], np.zeros(len(chosen))
    moved = np.clip(u[chosen] + _propose(part, u[chosen], none)[0], rows.chart.low, rows.chart.high)
    reached = _measure(part, moved)
    gain = _propose(part, moved, none)[1] / np.maximum(reached, np.finfo(float).tiny)
    better = (gain < decrement[chosen]) & (reached <= objective[chosen] * (1 + 1e-12))
    u[chosen] = np.where(better[:, None], moved, u[chosen])
    objective[chosen] = np.where(better, reached, objective[chosen])
    decrement[chosen] = np.where(better, gain, decrement[chosen])


def _propose(rows: _Rows, u: Array, damping: Array) -> tuple[Array, Array]:
    """The damped step (B, p) and the undamped Newton decrement gᵀH⁻¹g (B,); coordinates held by a bound stay."""
    chart = rows.chart
    gradient, hessian, majoriser, share = _expand(rows, u)
    gone = chart.logarithmic & (share < _GONE)
    held = ((gone | (u <= chart.low)) & (gradient > 0)) | ((u >= chart.high) & (gradient < 0))
    gradient = np.where(held, 0.0, gradient)
    unit = np.eye(u.shape[1])
    diagonal = np.einsum("bjj->bj", majoriser)
    scale = 1 / np.sqrt(np.maximum(diagonal, np.finfo(float).tiny * 1e10))
    fixed = held[:, :, None] | held[:, None, :]
    frame = scale[:, :, None] * scale[:, None, :]
    hessian, majoriser = (np.where(fixed, unit, matrix * frame) for matrix in (hessian, majoriser))
    scaled = (gradient * scale)[..., None]
    cushion = damping[:, None, None] * (majoriser + _CUSHION * unit) + 1e-14 * unit
    step = -_solve(hessian + cushion, scaled)
    uphill = np.flatnonzero(np.einsum("bj,bj->b", step, scaled[..., 0]) > 0)
    if len(uphill):  # the Hessian is not positive there: turn its negative curvature over
        values, axes = np.linalg.eigh(hessian[uphill])
        turned = (axes * np.abs(values)[:, None, :]) @ axes.swapaxes(1, 2)
        step[uphill] = -_solve(turned + cushion[uphill], scaled[uphill])
    newton = _solve(hessian + 1e-14 * unit, scaled)
    return step * scale, np.abs(np.einsum("bj,bj->b", newton, scaled[..., 0]))


def _solve(matrix: Array, right: Array) -> Array:
    """The solutions (B, p); NaN in the rows whose matrix is singular, which are then damped more, and no others."""
    try:
        return np.asarray(np.linalg.solve(matrix, right)[..., 0])
    except np.linalg.LinAlgError:
        sound = np.linalg.slogdet(matrix)[0] != 0
        solved = np.full(right.shape[:2], np.nan)
        solved[sound] = np.linalg.solve(matrix[sound], right[sound])[..., 0]
        return solved


def _expand(rows: _Rows, u: Array) -> tuple[Array, Array, Array, Array]:
    """Gradient (B, p), exact Hessian (B, p, p), Gauss-Newton matrix of the majorising parabola (B, p, p), and the
    largest derivative of g by each coordinate in units of the target (B, p): an amplitude's largest share of the loss.
    """
    value, slope = rows.chart.slope(u)
    r = rows.target - value
    pull = rows.weights * rows.loss.slope(r)
    across = slope.swapaxes(1, 2)
    gradient = -(across @ pull[..., None])[..., 0]
    curved = ((rows.weights * rows.loss.curvature(r))[:, None, :] * across) @ slope
    hessian = curved - rows.chart.curve(u, pull, slope)
    majoriser = ((rows.weights * rows.loss.weight(r))[:, None, :] * across) @ slope
    return gradient, hessian, majoriser, (np.abs(slope) / rows.unit[:, None]).max(axis=1)
