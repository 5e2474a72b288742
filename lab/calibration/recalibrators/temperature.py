"""Temperature scaling: all logits divided by one number (Guo et al. 2017, On Calibration of Modern Neural Networks)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import expit, softmax

from lab.calibration.predictions import Predictions
from lab.calibration.recalibrator import Map, Recalibrator, compute_logits, compute_scores
from lab.calibration.temperature import find_temperature


@dataclass(frozen=True)
class TemperatureMap(Map):
    """softmax(ln p / T), or σ(logit / T) of confidences; T > 1 makes less confident. The likeliest class stays."""

    temperature: float

    @property
    def parameters(self) -> Mapping[str, float]:
        """`temperature`."""
        return {"temperature": self.temperature}

    def apply(self, predictions: Predictions) -> Predictions:
        """The predictions at this temperature."""
        if predictions.probabilities_NK is None:
            return replace(predictions, confidence_N=expit(compute_logits(predictions.confidence_N) / self.temperature))
        scores_NK = compute_scores(predictions)[0]
        probabilities_NK = softmax(scores_NK / self.temperature, axis=1)
        # Two classes that become one number must not change which of them is believed: the outcome is kept.
        return replace(predictions, confidence_N=np.max(probabilities_NK, axis=1), probabilities_NK=probabilities_NK)


@dataclass(frozen=True)
class Temperature(Recalibrator):
    """The temperature of least log loss (`lab.calibration.temperature`), between 0.01 and 100."""

    name = "temperature"
    title = "Temperature"
    citation = "Guo et al. 2017, On Calibration of Modern Neural Networks, ICML, section 4.2"

    def fit(self, predictions: Predictions) -> TemperatureMap:
        """By safeguarded Newton steps on log T."""
        return TemperatureMap(find_temperature(predictions))


recalibrator = Temperature()
