"""Brier score of the confidence: the mean of (f − y)² (Brier 1950), half of the sum over two classes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lab.calibration.measure import Measure
from lab.calibration.predictions import Predictions


@dataclass(frozen=True)
class Brier(Measure):
    """S = Σ w (f − y)² / Σ w, in [0, 1]; of the event alone, so that two classes count once."""

    name = "brier"
    title = "Brier score"
    symbol = "BS"
    citation = "Brier 1950, Verification of forecasts expressed in terms of probability"

    def of(self, predictions: Predictions) -> float:
        """The weighted mean of squared differences."""
        squares_N = (predictions.confidence_N - predictions.outcome_N) ** 2
        return float(np.average(squares_N, weights=predictions.weight_N))


measure = Brier()
