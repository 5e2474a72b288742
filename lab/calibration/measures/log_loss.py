"""Log score of the confidence: the mean of −ln of the probability said of what happened (Good 1952), nats.

Infinite as soon as a certainty (0 or 1) was wrong: nothing is clipped.
"""

from __future__ import annotations

from dataclasses import dataclass

from lab.calibration.cells import Cells, Floats
from lab.calibration.measure import CellMeasure


@dataclass(frozen=True)
class LogLoss(CellMeasure):
    """−Σ w [y ln f + (1 − y) ln(1 − f)] / Σ w of the event alone, nats; +∞ where f is 0 or 1 and wrong."""

    name = "log_loss"
    title = "Log loss of the confidence"
    symbol = "LL"
    unit = "nats"
    vanishes = False
    citation = "Good 1952, Rational decisions, JRSS B 14"

    def of_cells(self, cells: Cells) -> Floats:
        """The weighted mean of log scores."""
        return cells.average(cells.log_score_C)


measure = LogLoss()
