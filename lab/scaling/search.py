"""The search: damped Newton steps on the exact Hessian, for a whole batch of starts × resamples × data sets at once.

The damping adds λ times the Gauss-Newton matrix of the majorising parabola: a large λ is a safe
majorise-minimise step, λ → 0 is Newton's, which ends in finitely many steps where the loss is piecewise quadratic.
A resample is a row of weights, so nothing is copied. Everything is float64, sums, and free of the scale of the data.

Shapes: B rows of the batch, n observations, p coordinates.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
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

    def __getitem__(self, rows: Any) -> Found:
        """What these rows of the batch found."""
        return Found(*(getattr(self, name)[rows] for name in _FIELDS))

    def join(self, *others: Found) -> Found:
        """This batch and others behind it."""
        return Found(*(np.concatenate([getattr(each, name) for each in (self, *others)]) for name in _FIELDS))


_FIELDS = tuple(field.name for field in fields(Found))


@dataclass(frozen=True)
class Rows:
    """What the rows of a batch minimise, Σ_i w_i ρ(target_i − g_i(u)): target, weights and the target's unit (B, n)."""

    chart: Chart
    loss: Loss
    target: Array
    weights: Array
    unit: Array

    def __getitem__(self, rows: Any) -> Rows:
        return Rows(self.chart.take(rows), self.loss, self.target[rows], self.weights[rows], self.unit[rows])


def search_starts(rows: Rows, u: Array, owners: Array) -> Found:
    """The search from many starts (B, p), several for each of the problems that `owners` (B,) numbers.

    After a first round a start goes on only if it has not ended and may still win: those behind the best of their
    problem that ended are left where they are, and so are all but the foremost few.
    """
    found = search_rows(rows, u, FIRST_STEPS)
    rivals = np.concatenate([own[_choose_rivals(found[own])] for own in _group(owners)])
    if not len(rivals):
        return found
    again = search_rows(rows[rivals], found.u[rivals])
    merged = {name: getattr(found, name).copy() for name in _FIELDS}
    for name in _FIELDS:
        merged[name][rivals] = getattr(again, name)
    merged["steps"][rivals] += found.steps[rivals]
    return Found(**merged)


def _group(owners: Array) -> list[Array]:
    return [np.flatnonzero(owners == owner) for owner in np.unique(owners)]


def _choose_rivals(found: Found) -> Array:
    """The starts of one problem that go on, by index."""
    least = found.objective[found.converged].min(initial=np.inf)
    rivals = np.flatnonzero(~found.converged & np.isfinite(found.objective) & (found.objective < least))
    return rivals[np.argsort(found.objective[rivals], kind="stable")][:RIVALS]


def search(
    problem: Problem, weights: Array, u: Array, target: Array | None = None, chart: Chart | None = None
) -> Found:
    """The search for one problem from each row of `u` (B, p) with the weights (B, n) of the same row.

    `target` (n,) or (B, n) takes the place of the problem's own, `chart` that of its coordinates.
    """
    targets, units = (
        np.broadcast_to(a, weights.shape) for a in (problem.target if target is None else target, problem.unit)
    )
    return search_rows(Rows(chart or problem.chart, problem.loss, targets, weights, units), u)


def search_rows(rows: Rows, u: Array, most_steps: int = MOST_STEPS) -> Found:
    """The search from each row of `u` (B, p) through the stages of the loss, a cacheful of rows at a time."""
    parts = []
    for at in range(0, len(u), CHUNK):
        part, u_part = rows[at : at + CHUNK], u[at : at + CHUNK]
        for loss in rows.loss.stages():
            found = _search_chunk(replace(part, loss=loss), u_part, most_steps)
            u_part = found.u
        parts.append(found)
    return parts[0].join(*parts[1:])


def assess_point(problem: Problem, theta: Array) -> tuple[float, float]:
    """The objective at parameters (p,), and the Newton decrement gᵀH⁻¹g over it, twice what a step would gain."""
    rows = Rows(problem.chart, problem.loss, problem.target[None], problem.weights[None], problem.unit[None])
    u = problem.chart.read(theta)[None]
    objective = float(_measure(rows, u)[0])
    if not np.isfinite(objective):
        return objective, float("inf")
    return objective, float(_propose(rows, u, np.zeros(1))[1][0]) / max(objective, np.finfo(float).tiny)


def _measure(rows: Rows, u: Array) -> Array:
    """The objective (B,), infinite where the law is not positive."""
    with np.errstate(all="ignore"):
        value = (rows.weights * rows.loss.value(rows.target - rows.chart.value(u))).sum(axis=1)
    return np.where(np.isfinite(value), value, np.inf)


def _search_chunk(rows: Rows, u: Array, most_steps: int) -> Found:
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


def _polish(rows: Rows, u: Array, objective: Array, decrement: Array, chosen: Array) -> None:
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


def _propose(rows: Rows, u: Array, damping: Array) -> tuple[Array, Array]:
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


def _expand(rows: Rows, u: Array) -> tuple[Array, Array, Array, Array]:
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
    return gradient, hessian, majoriser, (np.abs(slope) / rows.unit[..., None]).max(axis=1)
