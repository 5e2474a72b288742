"""How much of the mean score recalibration would mend (miscalibration of CORP, Dimitriadis et al. 2021)."""

from __future__ import annotations

from dataclasses import dataclass

from lab.calibration.cells import Cells, Floats
from lab.calibration.corp import Decomposition, Score
from lab.calibration.measure import CellMeasure


@dataclass(frozen=True)
class Miscalibration(CellMeasure):
    """S(f) − S(PAV) ≥ 0; `score`: of squares (Brier) or of logs, in nats and infinite where certainty was wrong."""

    name = "miscalibration"
    title = "Miscalibration"
    symbol = "MCB"
    interval = "ungrouped"
    bias_exponent = 2 / 3
    citation = "Dimitriadis, Gneiting and Jordan 2021, Stable reliability diagrams, PNAS 118(8)"

    score: Score = "brier"

    def of_cells(self, cells: Cells) -> Floats:
        """The part of every replicate."""
        return Decomposition(cells, self.score).miscalibration_R


measure = Miscalibration()
