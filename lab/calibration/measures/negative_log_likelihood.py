"""Log loss over all classes: the mean of −ln of the probability given to the label (Good 1952), nats.

Infinite as soon as a label had probability 0: nothing is clipped.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lab.calibration.measure import Measure
from lab.calibration.predictions import Predictions


@dataclass(frozen=True)
class NegativeLogLikelihood(Measure):
    """−Σ w ln p_label / Σ w, nats; +∞ where a label had probability 0."""

    name = "negative_log_likelihood"
    title = "Log loss over all classes"
    symbol = "NLL"
    unit = "nats"
    needs = "probabilities"
    vanishes = False
    citation = "Good 1952, Rational decisions, JRSS B 14"

    def of(self, predictions: Predictions) -> float:
        """The weighted mean."""
        self.require_probabilities(predictions)
        assert predictions.probabilities_NK is not None and predictions.label_N is not None
        said_N = np.take_along_axis(predictions.probabilities_NK, predictions.label_N[:, None], axis=1)[:, 0]
        with np.errstate(divide="ignore"):
            return float(np.average(-np.log(said_N), weights=predictions.weight_N))


measure = NegativeLogLikelihood()
