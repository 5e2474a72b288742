"""Root mean square calibration error with the noise of the frequencies taken off (Bröcker 2012; Kumar et al. 2019).

The square is clipped at 0 and the root taken last: averages over seeds are of squares, before either.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lab.calibration.bins import cut_equal_width, measure_debiased_square
from lab.calibration.cells import Cells, Floats
from lab.calibration.measure import CellMeasure


@dataclass(frozen=True)
class DebiasedRoot(CellMeasure):
    """√max(0, Σ_b n_b/n · (gap² − p (1 − p)/(n_b − 1))) over `bins` bins of equal width."""

    name = "debiased_l2"
    title = "Debiased root mean square calibration error"
    symbol = "RMSCE"
    bias_exponent = 0.5
    citation = "Kumar, Liang and Ma 2019, Verified uncertainty calibration; Bröcker 2012, Climate Dynamics 39"

    bins: int = 15

    def of_cells(self, cells: Cells) -> Floats:
        """The root of the square that is left."""
        return self.finish(self.averageable(cells))

    def averageable(self, cells: Cells) -> Floats:
        """The square, negative by chance."""
        return measure_debiased_square(cut_equal_width(cells, self.bins))

    def finish(self, averaged: Floats) -> Floats:
        """Clipped at 0, and its root."""
        return np.sqrt(np.maximum(averaged, 0.0))


measure = DebiasedRoot()
