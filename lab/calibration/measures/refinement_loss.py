"""The log loss of the confidence that is left after the best temperature (Berta et al. 2025), nats."""

from __future__ import annotations

from dataclasses import dataclass

from lab.calibration.cells import Cells, Floats
from lab.calibration.log_split import fit_temperatures, measure_log_score
from lab.calibration.measure import CellMeasure


@dataclass(frozen=True)
class RefinementLoss(CellMeasure):
    """NLL(T*) of the event, nats."""

    name = "refinement_loss"
    title = "Refinement part of the log loss"
    symbol = "RL"
    unit = "nats"
    vanishes = False
    citation = "Berta, Holzmüller, Jordan and Bach 2025, Rethinking early stopping: refine, then calibrate"

    def of_cells(self, cells: Cells) -> Floats:
        """At the best temperature of each replicate."""
        return measure_log_score(cells, fit_temperatures(cells))


measure = RefinementLoss()
