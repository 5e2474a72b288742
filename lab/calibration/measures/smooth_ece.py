"""Smooth calibration error: no bins, a kernel whose width is the error itself (Błasiok and Nakkiran 2023).

Between the gap of the means and the expected gap of the true conditional means: |E(f − y)| ≤ smECE ≤ E|E[y|f] − f|.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lab.calibration.cells import Cells, Floats
from lab.calibration.measure import CellMeasure
from lab.calibration.smoothing import NODES, measure_smooth_error, smooth_at, spread_residuals


@dataclass(frozen=True)
class SmoothError(CellMeasure):
    """smECE_σ at σ = σ*; `rounding` > 0 rounds σ* up to a multiple of it (2⁻¹⁰ where others stop their bisection)."""

    name = "smooth_ece"
    title = "Smooth calibration error"
    symbol = "smECE"
    interval = "ungrouped"
    bias_exponent = 1 / 3
    citation = "Błasiok and Nakkiran 2023, Smooth ECE: principled reliability diagrams via kernel smoothing"

    nodes: int = NODES
    rounding: float = 0.0

    def of_cells(self, cells: Cells) -> Floats:
        """At the fixed point of every replicate."""
        bandwidth_R = measure_smooth_error(cells, self.nodes)
        if not self.rounding:
            return bandwidth_R
        waves_RJ = spread_residuals(cells, self.nodes)
        return smooth_at(waves_RJ, np.ceil(bandwidth_R / self.rounding) * self.rounding)


measure = SmoothError()
