"""Expected calibration error in as many bins of equal mass as keep the frequencies rising (Roelofs et al. 2022).

The number of bins follows the data; the last number before the first that breaks the order is taken.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lab.calibration.bins import cut_equal_mass, measure_error, round_edges
from lab.calibration.cells import Cells, Floats
from lab.calibration.measure import CellMeasure


@dataclass(frozen=True)
class SweepError(CellMeasure):
    """ECE of equal mass with the most bins, up to `most`, in which frequency never falls with confidence."""

    name = "ece_sweep"
    title = "Expected calibration error, monotone sweep"
    symbol = "ECE (sweep)"
    interval = "none"
    bias_exponent = 1 / 3
    citation = "Roelofs, Cain, Shlens and Mozer 2022, Mitigating bias in calibration error estimation, algorithm 1"

    most: int = 1000

    def of_cells(self, cells: Cells) -> Floats:
        """Each replicate with its own number of bins."""
        return self.sweep(cells)[0]

    def sweep(self, cells: Cells) -> tuple[Floats, Floats]:
        """The errors and the numbers of bins, each of shape (R,)."""
        errors_R, bins_R = np.zeros(len(cells.weight_RC)), np.zeros(len(cells.weight_RC))
        rising = np.arange(len(bins_R))
        for count in range(1, self.most + 1):
            bins = cut_equal_mass(cells, count, round_edges, rising)
            kept = np.all(np.diff(bins.frequency_RB, axis=1) >= 0, axis=1) & np.all(bins.weight_RB > 0, axis=1)
            rising = rising[kept]
            if not len(rising):
                break
            errors_R[rising], bins_R[rising] = measure_error(bins)[kept], count
        return errors_R, bins_R


measure = SweepError()
