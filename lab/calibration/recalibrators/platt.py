"""Platt scaling: a logistic curve in the logit of the confidence (Platt 1999, Probabilistic Outputs for SVMs)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lab.calibration.logistic import LogisticMap, fit_logistic
from lab.calibration.predictions import Predictions
from lab.calibration.recalibrator import Recalibrator, compute_logits


@dataclass(frozen=True)
class Platt(Recalibrator):
    """σ(a logit c + b) with a ≥ 0."""

    name = "platt"
    title = "Platt"
    citation = "Platt 1999, Probabilistic Outputs for Support Vector Machines, Advances in Large Margin Classifiers"

    def fit(self, predictions: Predictions) -> LogisticMap:
        """Two numbers, with Platt's targets."""
        return fit_logistic(predictions, list_features, ("a",))


def list_features(confidence_N: NDArray[np.float64]) -> NDArray[np.float64]:
    """The logit, (N, 1)."""
    return compute_logits(confidence_N)[:, None]


recalibrator = Platt()
