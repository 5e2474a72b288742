"""Excess area under the risk-coverage curve: over that of the best order of the same answers (Geifman et al. 2019)."""

from __future__ import annotations

from dataclasses import dataclass

from lab.calibration.cells import Cells, Floats
from lab.calibration.measure import CellMeasure
from lab.calibration.selection import RiskCoverage, measure_aurc, measure_least_aurc


@dataclass(frozen=True)
class ExcessAurc(CellMeasure):
    """AURC − AURC of every failure held least confident; both exact sums over rows."""

    name = "e_aurc"
    title = "Excess area under risk-coverage"
    symbol = "E-AURC"
    vanishes = False
    citation = "Geifman, Uziel and El-Yaniv 2019, Bias-Reduced Uncertainty Estimation for Deep Neural Classifiers, ICLR"

    def of_cells(self, cells: Cells) -> Floats:
        """The excess of every replicate."""
        curve = RiskCoverage.of_cells(cells)
        return measure_aurc(curve) - measure_least_aurc(curve)


measure = ExcessAurc()
