"""How unsure the outcome is before anything is said (uncertainty of CORP, Dimitriadis et al. 2021)."""

from __future__ import annotations

from dataclasses import dataclass

from lab.calibration.cells import Cells, Floats
from lab.calibration.corp import Decomposition, Score
from lab.calibration.measure import CellMeasure


@dataclass(frozen=True)
class Uncertainty(CellMeasure):
    """S(ȳ) of the base rate, ȳ (1 − ȳ) with the Brier score; `score`: of squares (Brier) or of logs, nats."""

    name = "uncertainty"
    title = "Uncertainty"
    symbol = "UNC"
    vanishes = False
    citation = "Dimitriadis, Gneiting and Jordan 2021, Stable reliability diagrams, PNAS 118(8)"

    score: Score = "brier"

    def of_cells(self, cells: Cells) -> Floats:
        """The part of every replicate."""
        return Decomposition(cells, self.score).uncertainty_R


measure = Uncertainty()
