"""How much better than the base rate recalibrated confidences are (discrimination of CORP, Dimitriadis et al. 2021)."""

from __future__ import annotations

from dataclasses import dataclass

from lab.calibration.cells import Cells, Floats
from lab.calibration.corp import Decomposition, Score
from lab.calibration.measure import CellMeasure


@dataclass(frozen=True)
class Discrimination(CellMeasure):
    """S(ȳ) − S(PAV) ≥ 0; `score`: of squares (Brier) or of logs, nats."""

    name = "discrimination"
    title = "Discrimination"
    symbol = "DSC"
    lower_is_better = False
    vanishes = False
    citation = "Dimitriadis, Gneiting and Jordan 2021, Stable reliability diagrams, PNAS 118(8)"

    score: Score = "brier"

    def of_cells(self, cells: Cells) -> Floats:
        """The part of every replicate."""
        return Decomposition(cells, self.score).discrimination_R


measure = Discrimination()
