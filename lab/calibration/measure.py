"""What a measure of calibration is: one number said of predictions, and how that number errs."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar, Literal

from lab.calibration.cells import Cells, Floats
from lab.calibration.corp import fit_isotonic
from lab.calibration.predictions import Predictions
from lab.core.errors import InputError

Needs = Literal["confidences", "probabilities"]
Interval = Literal["any", "ungrouped", "none"]


class Measure(ABC):
    """A measure; a subclass is a frozen dataclass whose fields are its dials, and a file exposes one instance.

    `name`: of its file; `title`, `symbol`, `unit`: for axes and tables ('' has no unit); `lower_is_better`; `needs`:
    confidences of one event, or the probabilities of all classes; `vanishes`: its truth is 0 for a calibrated model;
    `citation`: who defined it, with the year.
    `interval`: where one was seen to cover: 'any' predictions, 'ungrouped' ones only (no group bootstrap), or 'none'.
    `bias_exponent` b: the value of a perfectly calibrated model is not 0 but falls as n^−b in the number of
    predictions (measured: docs/calibration/intervals.md); None where the estimate is unbiased or no truth is 0.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    symbol: ClassVar[str]
    unit: ClassVar[str] = ""
    lower_is_better: ClassVar[bool] = True
    needs: ClassVar[Needs] = "confidences"
    vanishes: ClassVar[bool] = True
    interval: ClassVar[Interval] = "any"
    bias_exponent: ClassVar[float | None] = None
    citation: ClassVar[str]

    @abstractmethod
    def of(self, predictions: Predictions) -> float:
        """The number, exact from every prediction; NaN where these predictions cannot bear it."""

    def require_probabilities(self, predictions: Predictions) -> None:
        """Raises `InputError` unless the probabilities of all classes are there."""
        if predictions.probabilities_NK is None:
            rule = "needs the probabilities of all classes"
            raise InputError(self.name, "confidences of one event", rule, "make it with Predictions.of_probabilities")


class CellMeasure(Measure):
    """A measure of weights of categories, so that one computation serves exact rows and bootstrap replicates."""

    def of(self, predictions: Predictions) -> float:
        """The number of the rows as they stand."""
        return float(self.of_cells(Cells.of_rows(predictions))[0])

    @abstractmethod
    def of_cells(self, cells: Cells) -> Floats:
        """The number of every replicate, shape (R,)."""

    def recalibrate(self, cells: Cells) -> Floats:
        """What the confidence of each cell should have been, shape (R, G): the shape of the miscalibration."""
        return fit_isotonic(cells)

    def averageable(self, cells: Cells) -> Floats:
        """What may be averaged over seeds: the number itself, or what stands under a root that is taken last."""
        return self.of_cells(cells)

    def finish(self, averaged: Floats) -> Floats:
        """The number of what was averaged."""
        return averaged
