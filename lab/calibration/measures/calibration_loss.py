"""What one temperature would take off the log loss of the confidence (Berta et al. 2025; Guo et al. 2017), nats."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import expit, logit

from lab.calibration.cells import Cells, Floats
from lab.calibration.log_split import fit_temperatures, measure_log_score
from lab.calibration.measure import CellMeasure


@dataclass(frozen=True)
class CalibrationLoss(CellMeasure):
    """NLL(1) − NLL(T*) ≥ 0 of the event, nats; a lower bound, for one temperature mends only part."""

    name = "calibration_loss"
    title = "Calibration part of the log loss"
    symbol = "CL"
    unit = "nats"
    bias_exponent = 1.0
    citation = "Berta, Holzmüller, Jordan and Bach 2025, Rethinking early stopping: refine, then calibrate"

    def of_cells(self, cells: Cells) -> Floats:
        """The difference at the best temperature of each replicate."""
        unscaled_R = measure_log_score(cells, np.ones(len(cells.weight_RC)))
        return np.maximum(unscaled_R - measure_log_score(cells, fit_temperatures(cells)), 0.0)

    def recalibrate(self, cells: Cells) -> Floats:
        """By the temperature, which is all that this measure sees."""
        confidence_RG = (cells.cell_residual_RG + cells.cell_right_RG) / cells.cell_weight_RG
        with np.errstate(divide="ignore"):
            return np.asarray(expit(logit(np.clip(confidence_RG, 0, 1)) / fit_temperatures(cells)[:, None]))


measure = CalibrationLoss()
