"""Expected calibration error in bins of equal width (Naeini et al. 2015; Guo et al. 2017): the usual ECE.

Biased upward by about the square root of bins / n: compare with its null, and equal n only.
"""

from __future__ import annotations

from dataclasses import dataclass

from lab.calibration.bins import cut_equal_width, measure_error
from lab.calibration.cells import Cells, Floats
from lab.calibration.measure import CellMeasure


@dataclass(frozen=True)
class EqualWidthError(CellMeasure):
    """Σ_b n_b/n · |mean confidence − frequency|; `bins` of width 1/bins, closed below, 1 in the last."""

    name = "ece_equal_width"
    title = "Expected calibration error, equal width"
    symbol = "ECE"
    bias_exponent = 0.5
    citation = "Naeini, Cooper and Hauskrecht 2015, Obtaining well calibrated probabilities using Bayesian binning"

    bins: int = 15

    def of_cells(self, cells: Cells) -> Floats:
        """The weighted mean of absolute gaps."""
        return measure_error(cut_equal_width(cells, self.bins))


measure = EqualWidthError()
