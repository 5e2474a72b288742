"""Brier score of the confidence: the mean of (f − y)² (Brier 1950), half of the sum over two classes."""

from __future__ import annotations

from dataclasses import dataclass

from lab.calibration.cells import Cells, Floats
from lab.calibration.measure import CellMeasure


@dataclass(frozen=True)
class Brier(CellMeasure):
    """S = Σ w (f − y)² / Σ w, in [0, 1]; of the event alone, so that two classes count once."""

    name = "brier"
    title = "Brier score"
    symbol = "BS"
    vanishes = False
    citation = "Brier 1950, Verification of forecasts expressed in terms of probability"

    def of_cells(self, cells: Cells) -> Floats:
        """The weighted mean of squared differences."""
        return cells.average(cells.brier_C)


measure = Brier()
