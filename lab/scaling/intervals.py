"""How uncertain fitted parameters are. Rows of one unit share their luck, so the unit is what is left out or drawn.

Two defaults, chosen by the data and never by the caller: where every row is a unit of its own, the M-estimator's
covariance with Student's t; where units have several rows, the delete-one-unit jackknife, which is the cluster sandwich
CR3 with the law's curvature kept. Simulated at the lab's designs both cover 94 to 97 % (docs/intervals.md).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lab.core.seeds import open_stream
from lab.scaling.chart import Chart
from lab.scaling.data import Data
from lab.scaling.law import Law
from lab.scaling.losses import Loss
from lab.scaling.requirements import is_replicated
from lab.scaling.result import Uncertainty, find_log_slopes
from lab.scaling.search import search
from lab.scaling.starts import FEW_NODES, find_starts

Array = NDArray[Any]

NORMAL_MEDIAN = 0.6744897501960817  # of the absolute value of a standard normal


def assess(law: Law, loss: Loss, data: Data, chart: Chart, theta: Array, resamples: int, seed: int) -> Uncertainty:
    """The uncertainty of `theta` by the method the data ask for, with `resamples` bootstrap draws beside it."""
    clustered = data.is_clustered
    found = assess_units(law, loss, data, chart, theta) if clustered else assess_rows(law, loss, data, theta)
    return replace(found, draws=bootstrap(law, loss, data, chart, theta, resamples, seed)) if resamples else found


def assess_rows(law: Law, loss: Loss, data: Data, theta: Array) -> Uncertainty:
    """Independent rows: V = Σψ²/(n − p) / c² · (SᵀS)⁻¹, t with n − p degrees of freedom.

    S is the Jacobian of ln f and c the mean curvature of the loss (Huber & Ronchetti 2009, Robust Statistics, section
    7.6). c is not counted but expected, from normal residuals with the scale of the median of the n − p largest: few
    residuals lie within a small δ, p of them because the law passes through them. Least squares has c = 1 and this is
    the textbook covariance.
    """
    slopes = find_log_slopes(law, theta, dict(data.x))
    degrees, size = len(slopes) - len(theta), len(theta)
    r = np.log(data.y) - np.log(law.predict(theta, **data.x))
    scale = float(np.median(np.sort(np.abs(r))[size:])) / NORMAL_MEDIAN
    noise = (loss.slope(r) ** 2).sum() / degrees / loss.expect_curvature(scale) ** 2
    spread = float(np.sqrt((r**2).sum() / degrees))
    method = f"t with {degrees} degrees of freedom, {len(r)} independent runs"
    return Uncertainty(noise * _invert(slopes), degrees, spread, method)


def assess_units(law: Law, loss: Loss, data: Data, chart: Chart, theta: Array) -> Uncertainty:
    """Units of several rows: V = (K − 1)/K · Σ_k (θ_(−k) − θ̂)(θ_(−k) − θ̂)ᵀ over refits without unit k.

    t has K − p degrees of freedom, or K − 1 where every unit carries an estimate of its own. The spread of one run is
    estimated without bias from r_i · r_i(−k), the residual of a row with and without its unit in the fit.
    """
    count, size = data.unit_count, len(theta)
    weights = (data.units != np.arange(count)[:, None]).astype(float)
    start = np.repeat(chart.read(theta)[None], count, axis=0)
    left_out = chart.write(search(chart, loss, np.log(data.y), weights, start).u)
    moved = _scale(law, left_out) - _scale(law, theta)
    r = np.log(data.y) - np.log(law.predict(theta, **data.x))
    away = np.log(data.y) - np.log(law.predict(left_out, **data.x)[data.units, np.arange(len(data))])
    degrees = count - 1 if is_replicated(law, data) else count - size
    method = f"jackknife over {count} {data.unit}s, t with {degrees} degrees of freedom"
    spread = float(np.sqrt(max(0.0, (r * away).mean())))
    return Uncertainty((count - 1) / count * moved.T @ moved, degrees, spread, method)


def bootstrap(law: Law, loss: Loss, data: Data, chart: Chart, theta: Array, resamples: int, seed: int) -> Array:
    """Parameters (r, p) refitted to units drawn with replacement; each from the best node of its own grid and θ̂."""
    chance = open_stream(seed, "bootstrap", data.hash)
    count = data.unit_count
    drawn = chance.integers(count, size=(resamples, count))
    times = np.stack([np.bincount(row, minlength=count) for row in drawn]).astype(float)
    return refit(law, loss, data, chart, theta, times[:, data.units])


def refit(law: Law, loss: Loss, data: Data, chart: Chart, theta: Array, weights: Array) -> Array:
    """Parameters (r, p) for each row of `weights` (r, n), the better of two searches."""
    near = np.broadcast_to(chart.read(theta), (len(weights), len(theta)))
    far = chart.read(find_starts(law, data.x, data.y, weights, 1, FEW_NODES)[:, 0])
    found = search(chart, loss, np.log(data.y), np.concatenate([weights, weights]), np.concatenate([near, far]))
    objective = np.where(np.isfinite(found.objective), found.objective, np.inf).reshape(2, -1)
    u = found.u.reshape(2, len(weights), -1)
    return chart.write(np.where((objective[0] <= objective[1])[:, None], u[0], u[1]))


def _invert(slopes: Array) -> Array:
    """(SᵀS)⁻¹ by QR with scaled columns, which keeps the digits that squaring would lose."""
    scale = np.linalg.norm(slopes, axis=0)
    root = np.linalg.pinv(np.linalg.qr(slopes / scale, mode="r")) / scale[:, None]
    return np.asarray(root @ root.T)


def _scale(law: Law, theta: Array) -> Array:
    logarithmic = np.array([p.scale == "log" for p in law.parameters])
    return np.where(logarithmic, np.log(np.where(logarithmic, theta, 1.0)), theta)
