"""Vector scaling: a slope and an intercept for the logit of every class (Guo et al. 2017, ICML, section 4.2)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import logsumexp, softmax

from lab.calibration.predictions import Predictions
from lab.calibration.recalibrator import Map, Recalibrator, compute_scores, require_probabilities

STEEPEST, FARTHEST = 100.0, 100.0  # of a slope and of an intercept, so that separable data have a finite answer


@dataclass(frozen=True)
class VectorMap(Map):
    """softmax(slopes ⊙ ln p + intercepts). The likeliest class may change, and with it the outcome."""

    slopes_K: NDArray[np.float64]
    intercepts_K: NDArray[np.float64]

    @property
    def parameters(self) -> Mapping[str, float]:
        """`slope_k` and `intercept_k` of every class."""
        named = {f"slope_{k}": float(value) for k, value in enumerate(self.slopes_K)}
        return {**named, **{f"intercept_{k}": float(value) for k, value in enumerate(self.intercepts_K)}}

    def apply(self, predictions: Predictions) -> Predictions:
        """The predictions with scaled logits."""
        require_probabilities("vector", predictions)
        scores_NK, label_N = compute_scores(predictions)
        probabilities_NK = softmax(scores_NK * self.slopes_K + self.intercepts_K, axis=1)
        return Predictions.of_probabilities(probabilities_NK, label_N, predictions.weight_N, predictions.group_N)


@dataclass(frozen=True)
class Vector(Recalibrator):
    """Least log loss over 2 K numbers, a convex problem; slopes in [0, 100], intercepts in [−100, 100]."""

    name = "vector"
    title = "Vector scaling"
    needs = "probabilities"
    keeps_order = False
    citation = "Guo et al. 2017, On Calibration of Modern Neural Networks, ICML, section 4.2"

    def fit(self, predictions: Predictions) -> VectorMap:
        """By L-BFGS-B, from the identity."""
        require_probabilities("vector", predictions)
        scores_NK, label_N = compute_scores(predictions)
        n, classes = scores_NK.shape
        share_N = predictions.weight_N / predictions.weight_N.sum()
        happened_NK = np.zeros((n, classes))
        happened_NK[np.arange(n), label_N] = 1

        def measure(theta: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
            moved_NK = scores_NK * theta[:classes] + theta[classes:]
            loss = share_N @ (logsumexp(moved_NK, axis=1) - moved_NK[np.arange(n), label_N])
            pull_NK = share_N[:, None] * (softmax(moved_NK, axis=1) - happened_NK)
            return float(loss), np.concatenate([(pull_NK * scores_NK).sum(axis=0), pull_NK.sum(axis=0)])

        start = np.concatenate([np.ones(classes), np.zeros(classes)])
        bounds = [(0.0, STEEPEST)] * classes + [(-FARTHEST, FARTHEST)] * classes
        found = minimize(measure, start, jac=True, method="L-BFGS-B", bounds=bounds).x
        return VectorMap(found[:classes], found[classes:] - found[classes:].mean())


recalibrator = Vector()
