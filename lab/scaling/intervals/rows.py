"""Independent rows: the covariance of an M-estimator with Student's t."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lab.scaling.problem import Problem
from lab.scaling.uncertainty import Uncertainty

Array = NDArray[Any]

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


def invert_moments(slopes: Array) -> Array:
    """(SᵀS)⁻¹ by QR with scaled columns, which keeps the digits that squaring would lose."""
    scale = np.linalg.norm(slopes, axis=0)
    root = np.linalg.pinv(np.linalg.qr(slopes / scale, mode="r")) / scale[:, None]
    return np.asarray(root @ root.T)
