"""Independent rows: the covariance of an M-estimator with Student's t."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lab.scaling.problem import Problem
from lab.scaling.scatter import ask_tails, ask_trend
from lab.scaling.uncertainty import Uncertainty

Array = NDArray[Any]

_DOUBT = 0.01  # p-value below which the rows do not scatter alike
_FEWEST_ROWS = 20  # that the test of the tails needs
NORMAL_MEDIAN = 0.6744897501960817  # of the absolute value of a standard normal


def assess_rows(problem: Problem, theta: Array) -> Uncertainty:
    """V = Σwψ²/(n − p) / c² · (SᵀWS)⁻¹, t with n − p degrees of freedom.

    S is the Jacobian on the scale of the residual and c the mean curvature of the loss (Huber & Ronchetti 2009, Robust
    Statistics, section 7.6). Least squares has c = 1 and this is the textbook covariance.
    """
    slopes, w = problem.slopes(theta), problem.weights
    degrees, r = len(slopes) - len(theta), problem.residuals(theta)
    noise = (w * pull_residuals(problem, theta) ** 2).sum() / degrees
    spread = float(np.sqrt((w * r**2).sum() / degrees))
    method = f"t with {degrees} degrees of freedom, {len(r)} independent runs"
    return Uncertainty(noise * invert_moments(slopes * np.sqrt(w)[:, None]), degrees, spread, method)


def pull_residuals(problem: Problem, theta: Array) -> Array:
    """ψ(r)/c (n,): a residual as much as it moves the fit; under least squares r itself."""
    return np.asarray(problem.loss.slope(problem.residuals(theta)) / expect_curvature(problem, theta))


def expect_curvature(problem: Problem, theta: Array) -> float:
    """c, the mean curvature of the loss over the residuals of `theta`.

    Not counted but expected, from normal residuals with the scale of the median of the n − p largest: few residuals lie
    within a small δ, p of them because the law passes through them.
    """
    size = np.sort(np.abs(problem.residuals(theta)))
    return problem.loss.expect_curvature(float(np.median(size[len(theta) :])) / NORMAL_MEDIAN)


def is_uneven(problem: Problem, theta: Array) -> bool:
    """Whether rows scatter unequally: tails heavier than normal, or a scatter that changes along the curve.

    The covariance of `assess_rows` holds for one scatter. Of Epoch's 240 points the few far from the optimum weigh most
    and scatter most, and it would claim a third of the error that their bootstrap has.
    """
    r = problem.residuals(theta) * np.sqrt(problem.weights)
    fitted = problem.law.predict(theta, **problem.data.x)
    if len(r) < _FEWEST_ROWS or not np.isfinite(r).all() or np.ptp(np.abs(r)) == 0 or np.ptp(fitted) == 0:
        return False
    heavy = ask_tails(r)
    return (heavy.statistic > 0 and heavy.p < _DOUBT) or ask_trend(np.abs(r), fitted).p < _DOUBT


def invert_moments(slopes: Array) -> Array:
    """(SᵀS)⁻¹ by QR with scaled columns, which keeps the digits that squaring would lose."""
    scale = np.linalg.norm(slopes, axis=0)
    root = np.linalg.pinv(np.linalg.qr(slopes / scale, mode="r")) / scale[:, None]
    return np.asarray(root @ root.T)
