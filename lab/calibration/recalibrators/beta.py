"""Beta calibration: right where the confidences of both outcomes are beta distributed (Kull et al. 2017)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lab.calibration.logistic import LogisticMap, fit_logistic
from lab.calibration.predictions import Predictions
from lab.calibration.recalibrator import CONFIDENCE_EDGE, Recalibrator


@dataclass(frozen=True)
class Beta(Recalibrator):
    """σ(a ln c − b ln(1 − c) + intercept) with a, b ≥ 0: the identity at a = b = 1, which Platt's curve also holds."""

    name = "beta"
    title = "Beta"
    citation = "Kull, Silva Filho and Flach 2017, Beta calibration, AISTATS, algorithm 1"

    def fit(self, predictions: Predictions) -> LogisticMap:
        """Three numbers, with Platt's targets."""
        return fit_logistic(predictions, list_features, ("a", "b"))


def list_features(confidence_N: NDArray[np.float64]) -> NDArray[np.float64]:
    """ln c and −ln(1 − c), (N, 2)."""
    kept_N = np.clip(confidence_N, CONFIDENCE_EDGE, 1 - CONFIDENCE_EDGE)
    return np.stack([np.log(kept_N), -np.log1p(-kept_N)], axis=1)


recalibrator = Beta()
