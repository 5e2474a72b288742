"""Expected calibration error of each class's probability, averaged over the classes (Kull et al. 2019).

With many classes nearly every probability is near 0 and so is the average: `threshold` leaves out what is below it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lab.calibration.bins import cut_equal_width, measure_error
from lab.calibration.cells import Cells
from lab.calibration.classes import view_classes
from lab.calibration.measure import Measure
from lab.calibration.predictions import Predictions


@dataclass(frozen=True)
class ClasswiseError(Measure):
    """1/K Σ_k ECE(p_k, [label = k]) over `bins` of equal width and probabilities of at least `threshold`.

    A class without such a probability does not count; NaN where none has one.
    """

    name = "classwise_ece"
    title = "Classwise calibration error"
    symbol = "cwECE"
    needs = "probabilities"
    bias_exponent = 0.5
    citation = "Kull et al. 2019, Beyond temperature scaling: Dirichlet calibration, section 2"

    bins: int = 15
    threshold: float = 0.0

    def of(self, predictions: Predictions) -> float:
        """The mean over classes."""
        self.require_probabilities(predictions)
        errors = [
            float(measure_error(cut_equal_width(Cells.of_rows(view), self.bins))[0])
            for view in view_classes(predictions, self.threshold)
        ]
        return float(np.mean(errors)) if errors else float("nan")


measure = ClasswiseError()
