"""Scaling-binning: a fitted curve made into steps, so that what is left of the error can be measured (Kumar 2019)."""

from __future__ import annotations

from dataclasses import dataclass

from lab.calibration.binning import StepMap, average_by_cell, cut_by_mass
from lab.calibration.logistic import fit_line
from lab.calibration.predictions import Predictions
from lab.calibration.recalibrator import Recalibrator


@dataclass(frozen=True)
class ScalingBinning(Recalibrator):
    """Platt's curve, then its own mean in each of `cells` cells of equal mass: a value per cell whose error is that of
    the curve's mean, not of the outcomes. All three steps read the same data, as in the authors' program; their
    theorem has a third of the data for each.
    """

    name = "scaling_binning"
    title = "Scaling-binning"
    citation = "Kumar, Liang and Ma 2019, Verified Uncertainty Calibration, NeurIPS, section 4"

    cells: int = 15

    def fit(self, predictions: Predictions) -> StepMap:
        """Curve, cells, means."""
        curve = fit_line(predictions)
        curved_N = curve.move(predictions.confidence_N)
        edges = cut_by_mass(curved_N, predictions.weight_N, self.cells)
        return StepMap(edges, average_by_cell(curved_N, curved_N, predictions.weight_N, edges), curve)


recalibrator = ScalingBinning()
