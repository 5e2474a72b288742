"""Brier score over all classes: the mean of Σ_k (p_k − [label = k])² (Brier 1950), in [0, 2].

With two classes it is twice the Brier score of one of them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lab.calibration.measure import Measure
from lab.calibration.predictions import Predictions


@dataclass(frozen=True)
class MulticlassBrier(Measure):
    """Σ w Σ_k (p_k − [label = k])² / Σ w, Brier's own form: not halved."""

    name = "multiclass_brier"
    title = "Brier score over all classes"
    symbol = "BS (classes)"
    needs = "probabilities"
    vanishes = False
    citation = "Brier 1950, Verification of forecasts expressed in terms of probability, eq. 2"

    def of(self, predictions: Predictions) -> float:
        """The weighted mean."""
        self.require_probabilities(predictions)
        assert predictions.probabilities_NK is not None and predictions.label_N is not None
        said_N = np.take_along_axis(predictions.probabilities_NK, predictions.label_N[:, None], axis=1)[:, 0]
        squares_N = (predictions.probabilities_NK**2).sum(axis=1) - 2 * said_N + 1
        return float(np.average(squares_N, weights=predictions.weight_N))


measure = MulticlassBrier()
