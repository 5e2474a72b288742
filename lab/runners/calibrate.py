"""Trains a net that classifies, and measures how far its held-out confidences are from calibrated.

Before and after a temperature (Guo et al. 2017, arXiv 1706.04599) that is fitted to other held-out examples than those
it is reported on, by five folds.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from lab.calibration.cells import Cells
from lab.calibration.measures.debiased_l2 import measure as debiased
from lab.calibration.measures.negative_log_likelihood import measure as log_loss
from lab.calibration.measures.smooth_ece import measure as smooth
from lab.calibration.predictions import Predictions
from lab.calibration.recalibration import cross_fit
from lab.calibration.recalibrators.temperature import recalibrator
from lab.calibration.temperature import find_temperature
from lab.runners.classifying.fields import ClassifyingRunner


class CalibrateRunner(ClassifyingRunner):
    """The runs of `classify` with columns of calibration; squares are debiased, and averaged before any root."""

    def measure(self, arrays: Mapping[str, np.ndarray]) -> Mapping[str, float]:
        """`temperature`, the log loss it takes off, and squared gap and smooth error before and after it."""
        probabilities_NK = np.exp(arrays["heldout_log_probabilities"].astype(np.float64))
        said = Predictions.of_probabilities(probabilities_NK, arrays["heldout_labels"])
        moved = cross_fit(recalibrator, said).after
        found = {
            "temperature": find_temperature(said),
            "calibration_nats": log_loss.of(said) - log_loss.of(moved),
        }
        for ending, predictions in (("", said), ("_recalibrated", moved)):
            found[f"squared_gap{ending}"] = float(debiased.averageable(Cells.of_rows(predictions))[0])
            found[f"smooth_error{ending}"] = smooth.of(predictions)
        return found


runner = CalibrateRunner()
