"""The calibrate runner: the runs of `classify`, and what their predictions say of calibration."""

from __future__ import annotations

import numpy as np

from lab.calibration.measures.ece_equal_width import measure as ece
from lab.calibration.predictions import Predictions
from lab.core.columns import COLUMNS
from lab.core.registry import open_shelf
from lab.runs.runner import Listener
from tests.runners.test_classify import FIELDS


def test_it_trains_as_classify_does_and_measures_beside_it() -> None:
    fields = {**FIELDS, "examples": 150, "steps": 150}
    results = []
    for runner in ("classify", "calibrate"):
        kept = Listener()
        open_shelf("runners").load(runner).run([fields], kept)
        results.append(kept.results[0][1])
    plain, measured = results
    assert plain.metrics.items() <= measured.metrics.items() and set(measured.metrics) <= set(COLUMNS)
    arrays = measured.arrays
    said = Predictions.of_probabilities(
        np.exp(arrays["heldout_log_probabilities"].astype(float)), arrays["heldout_labels"]
    )
    assert float(measured.metrics["smooth_error"]) <= ece.of(said) + 0.01
    assert float(measured.metrics["temperature"]) > 1.2, "learned by heart, it is too sure"
    assert float(measured.metrics["calibration_nats"]) > 0
    for name in ("squared_gap", "smooth_error"):
        assert float(measured.metrics[f"{name}_recalibrated"]) < float(measured.metrics[name])
