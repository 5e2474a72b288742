"""Expected calibration error in bins of equal mass (Nguyen and O'Connor 2015): adaptive ECE.

Biased upward by about the square root of bins / n: compare with its null, and equal n only.
"""

from __future__ import annotations

from dataclasses import dataclass

from lab.calibration.bins import cut_equal_mass, measure_error
from lab.calibration.cells import Cells, Floats
from lab.calibration.measure import CellMeasure


@dataclass(frozen=True)
class EqualMassError(CellMeasure):
    """Σ_b 1/bins · |mean confidence − frequency| over `bins` bins of equal weight."""

    name = "ece_equal_mass"
    title = "Expected calibration error, equal mass"
    symbol = "ECE (mass)"
    bias_exponent = 0.5
    citation = "Nguyen and O'Connor 2015, Posterior calibration and exploratory analysis for NLP models"

    bins: int = 15

    def of_cells(self, cells: Cells) -> Floats:
        """The weighted mean of absolute gaps."""
        return measure_error(cut_equal_mass(cells, self.bins))


measure = EqualMassError()
