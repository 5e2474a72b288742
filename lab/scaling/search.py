"""The search: damped Newton steps on the exact Hessian, for a whole batch of starts × resamples at once.

The damping adds λ times the Gauss-Newton matrix of the majorising parabola: a large λ is a safe
majorise-minimise step, λ → 0 is Newton's, which ends in finitely many steps where the loss is piecewise quadratic.
A resample is a row of weights, so nothing is copied. Everything is float64, sums, and free of the scale of the data.

Shapes: B rows of the batch, n observations, p coordinates.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lab.scaling.chart import Chart
from lab.scaling.losses import Loss

Array = NDArray[Any]

CHUNK = 256  # rows at a time: what stays in the cache
MOST_STEPS = 200
_EXACT = 1e-18  # Newton decrement over the objective at which nothing is left to gain
_ROUND_OFF = 1e-9  # the same where no step lowers the objective any more
_PERFECT = 64 * np.finfo(float).eps  # residuals of a law that fits exactly
_NO_MISFIT = 1e-8  # residuals that no data have
_CUSHION = 1e-3  # of the diagonal, so that damping works where the majoriser is singular
_GONE = 1e-9  # share of the loss at which a term that still shrinks is let go
_MOST_DAMPING, _LEAST_DAMPING = 1e10, 1e-9


@dataclass(frozen=True)
class Found:
    """Where a batch ended: coordinates (B, p), objective (B,), Newton decrement over the objective (B,), converged
    (B,), and steps that lowered the objective (B,)."""

    u: Array
    objective: Array
    decrement: Array
    converged: Array
    steps: Array


def search(chart: Chart, loss: Loss, log_y: Array, weights: Array, u: Array) -> Found:
    """Minimise Σ_i w_i ρ(ln y_i − ln f_i) from each row of `u` with the weights of the same row."""
    parts = [
        _search_chunk(chart, loss, log_y, weights[at : at + CHUNK], u[at : at + CHUNK])
        for at in range(0, len(u), CHUNK)
    ]
    fields = ("u", "objective", "decrement", "converged", "steps")
    return Found(*(np.concatenate([getattr(part, name) for part in parts]) for name in fields))


def measure(chart: Chart, loss: Loss, log_y: Array, weights: Array, u: Array) -> Array:
    """The objective (B,), infinite where the law is not positive."""
    with np.errstate(all="ignore"):
        value = (weights * loss.value(log_y - chart.slope(u)[0])).sum(axis=1)
    return np.where(np.isfinite(value), value, np.inf)


def _search_chunk(chart: Chart, loss: Loss, log_y: Array, weights: Array, u: Array) -> Found:
    u = np.clip(u, chart.low, chart.high)
    objective = measure(chart, loss, log_y, weights, u)
    rows = len(u)
    damping, steps = np.ones(rows), np.zeros(rows, int)
    decrement, converged = np.full(rows, np.inf), np.zeros(rows, bool)
    live = np.flatnonzero(np.isfinite(objective))
    for _ in range(MOST_STEPS):
        if not len(live):
            break
        step, gain = _propose(chart, loss, log_y, weights[live], u[live], damping[live])
        perfect = _PERFECT**2 * weights[live].sum(axis=1)
        decrement[live] = gain / np.maximum(objective[live], perfect)
        converged[live] = decrement[live] <= _EXACT
        moved = np.clip(u[live] + step, chart.low, chart.high)
        reached = measure(chart, loss, log_y, weights[live], moved)
        better = reached < objective[live]
        u[live] = np.where(better[:, None], moved, u[live])
        objective[live] = np.where(better, reached, objective[live])
        steps[live] += better
        eased = np.where(damping[live] < _LEAST_DAMPING, 0.0, damping[live] / 10)
        damping[live] = np.where(better, eased, np.maximum(10 * damping[live], _LEAST_DAMPING))
        settled = (decrement[live] <= _ROUND_OFF) | (objective[live] <= perfect)
        converged[live] |= ~better & settled
        live = live[~(converged[live] | (damping[live] > _MOST_DAMPING))]
    converged |= objective <= _NO_MISFIT**2 * weights.sum(axis=1)  # crawling towards a bound that fits exactly
    return Found(u, objective, decrement, converged, steps)


def _propose(chart: Chart, loss: Loss, log_y: Array, weights: Array, u: Array, damping: Array) -> tuple[Array, Array]:
    """The damped step (B, p) and the undamped Newton decrement gᵀH⁻¹g (B,); coordinates held by a bound stay."""
    gradient, hessian, majoriser, share = expand(chart, loss, log_y, weights, u)
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
    step = -np.linalg.solve(hessian + cushion, scaled)[..., 0]
    uphill = np.flatnonzero(np.einsum("bj,bj->b", step, scaled[..., 0]) > 0)
    if len(uphill):  # the Hessian is not positive there: turn its negative curvature over
        values, axes = np.linalg.eigh(hessian[uphill])
        turned = (axes * np.abs(values)[:, None, :]) @ axes.swapaxes(1, 2)
        step[uphill] = -np.linalg.solve(turned + cushion[uphill], scaled[uphill])[..., 0]
    newton = np.linalg.solve(hessian + 1e-14 * unit, scaled)[..., 0]
    return step * scale, np.abs(np.einsum("bj,bj->b", newton, scaled[..., 0]))


def expand(chart: Chart, loss: Loss, log_y: Array, weights: Array, u: Array) -> tuple[Array, Array, Array, Array]:
    """Gradient (B, p), exact Hessian (B, p, p), Gauss-Newton matrix of the majorising parabola (B, p, p), and the
    largest derivative of ln f by each coordinate (B, p): for an amplitude, its term's largest share of the loss.
    """
    value, slope = chart.slope(u)
    r = log_y - value
    pull = weights * loss.slope(r)
    gradient = -np.einsum("bn,bnp->bp", pull, slope)
    curved = ((weights * loss.curvature(r))[..., None] * slope).swapaxes(1, 2) @ slope
    hessian = curved - chart.curve(u, pull)
    majoriser = ((weights * loss.weight(r))[..., None] * slope).swapaxes(1, 2) @ slope
    return gradient, hessian, majoriser, np.abs(slope).max(axis=1)
