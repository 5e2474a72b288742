"""Platt scaling: a logistic curve in the logit of the confidence (Platt 1999, Probabilistic Outputs for SVMs)."""

from __future__ import annotations

from dataclasses import dataclass

from lab.calibration.logistic import LogisticMap, fit_line
from lab.calibration.predictions import Predictions
from lab.calibration.recalibrator import Recalibrator


@dataclass(frozen=True)
class Platt(Recalibrator):
    """σ(a logit c + b) with a ≥ 0."""

    name = "platt"
    title = "Platt"
    citation = "Platt 1999, Probabilistic Outputs for Support Vector Machines, Advances in Large Margin Classifiers"

    def fit(self, predictions: Predictions) -> LogisticMap:
        """Two numbers, with Platt's targets."""
        return fit_line(predictions)


recalibrator = Platt()
