"""Spiegelhalter's test: the Brier score against what it would be were the confidences right (Spiegelhalter 1986)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lab.calibration.cells import Cells, Floats
from lab.calibration.measure import CellMeasure


@dataclass(frozen=True)
class Spiegelhalter(CellMeasure):
    """|Z|, Z = Σ (y − f)(1 − 2f) / √Σ (1 − 2f)² f (1 − f): standard normal under calibration, so it grows with n.

    Infinite where only certainties weigh and one was wrong; NaN where nothing could be told (all of 0, ½ or 1, right).
    """

    name = "spiegelhalter"
    title = "Spiegelhalter's test"
    symbol = "|Z|"
    unit = "standard errors"
    interval = "none"
    bias_exponent = 0.0
    citation = "Spiegelhalter 1986, Probabilistic prediction in patient management and clinical trials"

    def of_cells(self, cells: Cells) -> Floats:
        """The statistic of every replicate, without its sign."""
        slope_C = 1 - 2 * cells.confidence_C
        above_R = cells.weight_RC @ (-cells.residual_C * slope_C)
        spread_R = cells.weight_RC @ (slope_C**2 * cells.confidence_C * (1 - cells.confidence_C))
        with np.errstate(divide="ignore", invalid="ignore"):
            statistics: Floats = np.abs(above_R) / np.sqrt(spread_R)
        return statistics


measure = Spiegelhalter()
