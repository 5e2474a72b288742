"""Area under the generalised risk-coverage curve: failures accepted over all rows, averaged (Traub et al. 2024)."""

from __future__ import annotations

from dataclasses import dataclass

from lab.calibration.cells import Cells, Floats
from lab.calibration.measure import CellMeasure
from lab.calibration.selection import RiskCoverage, measure_augrc


@dataclass(frozen=True)
class Augrc(CellMeasure):
    """(1 − AUROC) a (1 − a) + (1 − a)²/2 at accuracy a: unlike AURC it weighs all failures alike."""

    name = "augrc"
    title = "Area under generalised risk-coverage"
    symbol = "AUGRC"
    vanishes = False
    citation = "Traub et al. 2024, Overcoming Common Flaws in the Evaluation of Selective Classification, NeurIPS"

    def of_cells(self, cells: Cells) -> Floats:
        """The area of every replicate."""
        return measure_augrc(RiskCoverage.of_cells(cells))


measure = Augrc()
