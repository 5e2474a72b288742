"""Maximum calibration error: the largest gap of any bin of equal width (Naeini et al. 2015).

The smallest bins decide it: `fewest` predictions may be asked of a bin.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lab.calibration.bins import cut_equal_width
from lab.calibration.cells import Cells, Floats
from lab.calibration.measure import CellMeasure


@dataclass(frozen=True)
class MaximumError(CellMeasure):
    """max_b |mean confidence − frequency| over the bins that hold weight of at least `fewest`; NaN where none does."""

    name = "mce"
    title = "Maximum calibration error"
    symbol = "MCE"
    interval = "none"
    bias_exponent = 0.5
    citation = "Naeini, Cooper and Hauskrecht 2015, Obtaining well calibrated probabilities using Bayesian binning"

    bins: int = 15
    fewest: float = 0.0

    def of_cells(self, cells: Cells) -> Floats:
        """The largest absolute gap of each replicate."""
        bins = cut_equal_width(cells, self.bins)
        held_RB = (bins.weight_RB > 0) & (bins.weight_RB >= self.fewest)
        largest_R = np.where(held_RB, np.abs(bins.gap_RB), -1.0).max(axis=1)
        return np.where(largest_R < 0, np.nan, largest_R)


measure = MaximumError()
