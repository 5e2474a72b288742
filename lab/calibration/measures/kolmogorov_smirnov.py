"""Largest cumulative difference between confidence and outcome: no bins, no kernel (Gupta et al. 2021)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lab.calibration.cells import Cells, Floats
from lab.calibration.measure import CellMeasure


@dataclass(frozen=True)
class KolmogorovSmirnov(CellMeasure):
    """max_t |Σ_{f ≤ t} w (f − y)| / Σ w; tied confidences pass together."""

    name = "kolmogorov_smirnov"
    title = "Largest cumulative difference"
    symbol = "KS"
    interval = "none"
    bias_exponent = 0.5
    citation = "Gupta et al. 2021, Calibration of neural networks using splines; Arrieta-Ibarra et al. 2022"

    def of_cells(self, cells: Cells) -> Floats:
        """The largest height of the cumulative curve of each replicate."""
        largest: Floats = np.abs(cells.passed_residual_RG).max(axis=1) / cells.total_R
        return largest


measure = KolmogorovSmirnov()
