"""Marginal calibration error: debiased root mean square over classes and bins (Kumar et al. 2019, definition 2.4)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from lab.calibration.bins import cut_equal_width, measure_debiased_square
from lab.calibration.cells import Cells
from lab.calibration.classes import view_classes
from lab.calibration.measure import Measure
from lab.calibration.predictions import Predictions


@dataclass(frozen=True)
class MarginalError(Measure):
    """√max(0, 1/K Σ_k debiased square of (p_k, [label = k])) over `bins` of equal width; the root last."""

    name = "marginal"
    title = "Marginal calibration error"
    symbol = "MCE (marginal)"
    needs = "probabilities"
    bias_exponent = 0.5
    citation = "Kumar, Liang and Ma 2019, Verified uncertainty calibration, definition 2.4"

    bins: int = 15

    def of(self, predictions: Predictions) -> float:
        """All classes weigh the same."""
        self.require_probabilities(predictions)
        squares = [
            float(measure_debiased_square(cut_equal_width(Cells.of_rows(view), self.bins))[0])
            for view in view_classes(predictions)
        ]
        return math.sqrt(max(float(np.mean(squares)), 0.0))


measure = MarginalError()
