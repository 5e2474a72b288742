"""Area under the risk-coverage curve: the mean risk of what is answered (Geifman et al. 2019)."""

from __future__ import annotations

from dataclasses import dataclass

from lab.calibration.cells import Cells, Floats
from lab.calibration.measure import CellMeasure
from lab.calibration.selection import RiskCoverage, measure_aurc


@dataclass(frozen=True)
class Aurc(CellMeasure):
    """The mean of the selective risks at 1 … n rows accepted, ties averaged; other tools take the trapezoid.

    It depends on the accuracy as much as on the order: compare models of equal accuracy, or take E-AURC.
    """

    name = "aurc"
    title = "Area under risk-coverage"
    symbol = "AURC"
    vanishes = False
    citation = "Geifman, Uziel and El-Yaniv 2019, Bias-Reduced Uncertainty Estimation for Deep Neural Classifiers, ICLR"

    def of_cells(self, cells: Cells) -> Floats:
        """The area of every replicate."""
        return measure_aurc(RiskCoverage.of_cells(cells))


measure = Aurc()
