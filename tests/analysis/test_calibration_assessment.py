"""Assessments of predictions whose calibration is known."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit

from lab.analysis.calibration.assessment import Assessment, assess_predictions, estimate_selective
from lab.analysis.calibration.reading import ReadPredictions
from lab.analysis.calibration.tabulating import is_flagged, list_estimates, tabulate_assessment
from lab.calibration.predictions import Predictions
from lab.cli.calibrate import FIGURES
from lab.core.errors import InputError, RefusedError, UnknownNameError
from lab.core.seeds import open_stream
from lab.figures import draw_figure


def read(factor: float, rows: int = 600, seed: int = 0) -> ReadPredictions:
    rng = open_stream(seed, "assessment")
    logit_N = 1.5 * rng.standard_normal(rows)
    predictions = Predictions.of_confidences(expit(factor * logit_N), rng.random(rows) < expit(logit_N))
    return ReadPredictions("it.csv", predictions)


@pytest.fixture(scope="module")
def assessment() -> Assessment:
    return assess_predictions(read(2.5), ("platt",), replicates=100)


def test_too_sure_is_told_from_calibrated(assessment: Assessment) -> None:
    found = assessment.find("ece_equal_width")
    assert not is_flagged(found) and found.null is not None and found.estimate.low > found.null.quantile
    assert assessment.temperature.contains(2.5)
    after = {one.measure.name: one for one in assessment.recalibrations[0].after}
    assert is_flagged(after["smooth_ece"])
    assert all(one.low > 0 for one in assessment.recalibrations[0].contrasts if "aurc" not in one.name)
    assert assessment.sets == () and "probabilities of all classes" in assessment.no_sets


def test_tables_hold_what_was_found(assessment: Assessment) -> None:
    tables = tabulate_assessment(assessment)
    runs = tables.runs.set_index(["recalibrator", "measure"])
    brier = assessment.find("brier").estimate
    assert runs.loc[("none", "brier"), "corrected"] == brier.value
    assert runs.loc[("none", "brier"), ["low", "high"]].tolist() == [brier.low, brier.high]
    assert (
        np.isnan(runs.loc[("none", "brier"), "null_expected"])
        and runs.loc[("platt", "smooth_ece"), "null_quantile"] > 0
    )
    assert tables.runs["run_key"].is_unique
    curves = tables.curves.dropna(subset=["coverage"]).groupby("run_key")
    assert curves.ngroups == 2 and (curves["coverage"].last() == 1).all()
    exported = list_estimates(assessment)
    assert {"failure_auroc", "temperature", "difference of brier"} <= set(exported["estimate"])
    assert exported["value"].notna().sum() > 30


def test_the_commands_figures_draw_the_tables(assessment: Assessment) -> None:
    tables = tabulate_assessment(assessment)
    drawn = {name: len(draw_figure(name, tables, {})[0]) for name in FIGURES}
    assert drawn.pop("conformal_sets") == 0 and all(drawn.values())


def test_the_selective_intervals_hold_the_truth() -> None:
    """Risk at half coverage of a calibrated model is the mean doubt of its surer half."""
    truth = read(1.0, 400_000, seed=9).predictions
    half = truth.confidence_N >= np.median(truth.confidence_N)
    known = float(1 - truth.confidence_N[half].mean())
    held = [estimate_selective(read(1.0, 400, seed).predictions, replicates=200, seed=seed).estimates[1]
            for seed in range(40)]  # fmt: skip
    assert sum(one.contains(known) for one in held) >= 34
    few = estimate_selective(read(1.0, 5).predictions, replicates=50).estimates
    assert not any(one.has_interval for one in few)


def test_all_right_has_no_order_to_judge() -> None:
    right = Predictions.of_confidences(np.linspace(0.5, 1, 40), np.ones(40))
    found = {one.name: one for one in estimate_selective(right, replicates=50).estimates}
    assert np.isnan(found["failure_auroc"].value) and found["risk_at_coverage_0.5"].value == 0


def test_refusals() -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'platt'"):
        assess_predictions(read(1.0), ("plat",), replicates=50)
    with pytest.raises(InputError, match="probabilities of all classes"):
        assess_predictions(read(1.0), ("vector",), replicates=50)
    grouped = Predictions.of_confidences([0.2, 0.8, 0.4], [0, 1, 1], group=[0, 1, 1])
    with pytest.raises(RefusedError, match="5 folds need 5 groups"):
        assess_predictions(ReadPredictions("few.csv", grouped), ("platt",), replicates=50)
