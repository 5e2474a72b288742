"""Isotonic calibration: the nondecreasing curve nearest to what happened (Zadrozny and Elkan 2002, KDD)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import isotonic_regression

from lab.calibration.predictions import Predictions
from lab.calibration.recalibrator import ConfidenceMap, Recalibrator


@dataclass(frozen=True)
class IsotonicMap(ConfidenceMap):
    """Straight lines between the fitted values at the confidences seen; flat beyond the first and the last."""

    confidences: NDArray[np.float64]
    values: NDArray[np.float64]

    @property
    def parameters(self) -> Mapping[str, float]:
        """None: a table."""
        return {}

    def move(self, confidence_N: NDArray[np.float64]) -> NDArray[np.float64]:
        """The curve at these confidences."""
        return np.interp(confidence_N, self.confidences, self.values)


@dataclass(frozen=True)
class Isotonic(Recalibrator):
    """Pool adjacent violators over the distinct confidences. It overfits below some thousands of predictions, and says
    exactly 0 or 1 where all of a block agree, which one exception makes an infinite log loss.
    """

    name = "isotonic"
    title = "Isotonic"
    citation = "Zadrozny and Elkan 2002, Transforming classifier scores into accurate multiclass probability estimates"

    def fit(self, predictions: Predictions) -> IsotonicMap:
        """Ties are pooled first, so that equal confidences stay equal."""
        values, place_N = np.unique(predictions.confidence_N, return_inverse=True)
        mass = np.bincount(place_N, predictions.weight_N)
        means = np.bincount(place_N, predictions.weight_N * predictions.outcome_N) / mass
        return IsotonicMap(values, isotonic_regression(means, weights=mass).x)


recalibrator = Isotonic()
