"""Logistic regression of what happened on functions of the confidence: the engine of Platt's and of beta calibration.

Shape suffixes: N predictions, F features.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from lab.calibration.predictions import Predictions
from lab.calibration.recalibrator import ConfidenceMap, compute_logits

Features = Callable[[NDArray[np.float64]], NDArray[np.float64]]  # confidences (N) → (N, F)

MOST_STEPS = 100
SMALLEST_STEP = 2.0**-30


@dataclass(frozen=True)
class LogisticMap(ConfidenceMap):
    """σ(intercept + features · slopes)."""

    features: Features
    names: tuple[str, ...]
    intercept: float
    slopes_F: NDArray[np.float64]

    @property
    def parameters(self) -> Mapping[str, float]:
        """The slopes by their names, and `intercept`."""
        return {**dict(zip(self.names, map(float, self.slopes_F), strict=True)), "intercept": self.intercept}

    def move(self, confidence_N: NDArray[np.float64]) -> NDArray[np.float64]:
        """The fitted curve at these confidences."""
        return np.asarray(expit(self.intercept + self.features(confidence_N) @ self.slopes_F))


def fit_logistic(predictions: Predictions, features: Features, names: tuple[str, ...]) -> LogisticMap:
    """The map of least log loss whose slopes are not negative, so that it keeps the order of the confidences.

    Outcomes count as (n₁ + 1)/(n₁ + 2) and 1/(n₀ + 2) in place of 1 and 0 (Platt 1999, § 2.2), where n₁ and n₀ are the
    numbers of each: the slope stays finite where a threshold separates them. A feature whose slope would be negative is
    left out, the most negative first (Kull et al. 2017, algorithm 1).
    """
    features_NF = features(predictions.confidence_N)
    happened_N, weight_N = predictions.outcome_N, predictions.weight_N
    ones = float(weight_N @ happened_N)
    zeros = float(weight_N.sum()) - ones
    target_N = np.where(happened_N == 1, (ones + 1) / (ones + 2), 1 / (zeros + 2))
    kept = list(range(features_NF.shape[1]))
    while True:
        solved = _minimize(features_NF[:, kept], target_N, weight_N)
        if not kept or solved[1:].min() >= 0:
            break
        kept.pop(int(solved[1:].argmin()))
    slopes_F = np.zeros(features_NF.shape[1])
    slopes_F[kept] = solved[1:]
    return LogisticMap(features, names, float(solved[0]), slopes_F)


def fit_line(predictions: Predictions) -> LogisticMap:
    """σ(a logit c + intercept): Platt's curve."""
    return fit_logistic(predictions, list_logits, ("a",))


def list_logits(confidence_N: NDArray[np.float64]) -> NDArray[np.float64]:
    """The logit alone, (N, 1)."""
    return compute_logits(confidence_N)[:, None]


def _minimize(
    features_NF: NDArray[np.float64], target_N: NDArray[np.float64], weight_N: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Intercept and slopes by Newton's method; a step is halved until the loss falls, and least squares where flat."""
    # Standardised features keep the Hessian well conditioned however far the logits reach.
    middle_F = np.average(features_NF, axis=0, weights=weight_N)
    spread_F = np.sqrt(np.average((features_NF - middle_F) ** 2, axis=0, weights=weight_N))
    spread_F[spread_F == 0] = 1.0
    design = np.column_stack([np.ones(len(features_NF)), (features_NF - middle_F) / spread_F])
    share_N = weight_N / weight_N.sum()

    def measure(theta: NDArray[np.float64]) -> float:
        line_N = design @ theta
        return float(share_N @ (np.logaddexp(0, line_N) - target_N * line_N))

    theta = np.zeros(design.shape[1])
    loss = measure(theta)
    for _ in range(MOST_STEPS):
        chance_N = expit(design @ theta)
        gradient = design.T @ (share_N * (chance_N - target_N))
        curvature = (design * (share_N * chance_N * (1 - chance_N))[:, None]).T @ design
        step = np.linalg.lstsq(curvature, gradient, rcond=None)[0]
        if float(gradient @ step) < 1e-24:
            break
        size = 1.0
        while (lower := measure(theta - size * step)) >= loss and size > SMALLEST_STEP:
            size /= 2
        if lower >= loss:
            break
        theta, loss = theta - size * step, lower
    slopes = theta[1:] / spread_F
    return np.concatenate([[theta[0] - slopes @ middle_F], slopes])
