"""Histogram binning: in cells of equal mass, how often it happened (Zadrozny and Elkan 2001, ICML)."""

from __future__ import annotations

from dataclasses import dataclass

from lab.calibration.binning import StepMap, average_by_cell, cut_by_mass
from lab.calibration.predictions import Predictions
from lab.calibration.recalibrator import Recalibrator


@dataclass(frozen=True)
class Histogram(Recalibrator):
    """`cells`: how many at most; equal confidences share one."""

    name = "histogram"
    title = "Histogram"
    keeps_order = False
    citation = "Zadrozny and Elkan 2001, Obtaining calibrated probability estimates, ICML"

    cells: int = 15

    def fit(self, predictions: Predictions) -> StepMap:
        """The mean outcome of each cell."""
        edges = cut_by_mass(predictions.confidence_N, predictions.weight_N, self.cells)
        values = average_by_cell(predictions.confidence_N, predictions.outcome_N, predictions.weight_N, edges)
        return StepMap(edges, values)


recalibrator = Histogram()
