"""Conformal sets: coverage that holds whatever the model, its law, and the sets of small cases written out."""

from __future__ import annotations

from typing import get_args

import numpy as np
import pytest
from scipy import stats
from scipy.special import softmax

from lab.calibration.conformal import (
    Law,
    Method,
    find_threshold,
    score_aps,
    score_raps,
    score_thr,
    split_conformal,
)
from lab.calibration.predictions import Predictions
from lab.core.errors import InputError, RefusedError
from lab.core.seeds import open_stream

METHODS = pytest.mark.parametrize("method", get_args(Method))


def draw(rows: int, seed: int, factor: float = 3.0, classes: int = 8) -> Predictions:
    """Classes drawn from logits, said with logits `factor` times too large: a model that is far too sure."""
    rng = open_stream(seed, "conformal")
    logits_NK = rng.standard_normal((rows, classes))
    label_N = (softmax(logits_NK, axis=1).cumsum(axis=1) < rng.random(rows)[:, None]).sum(axis=1)
    return Predictions.of_probabilities(softmax(factor * logits_NK, axis=1), label_N)


@METHODS
def test_coverage_follows_its_law_however_wrong_the_model(method: Method) -> None:
    """60 calibration sets of 99 rows: the mean coverage is k / (n + 1), and 95 % ranges hold it at their rate."""
    found = [split_conformal(draw(499, seed), 0.1, method, share=99 / 499, seed=seed) for seed in range(60)]
    law = found[0].law
    assert (law.n, law.k, law.mean) == (99, 90, 0.9)
    coverages = np.array([one.held_N.mean() for one in found])
    spread = stats.betabinom(400, 90, 10).std() / 400
    assert coverages.mean() == pytest.approx(0.9, abs=4 * spread / np.sqrt(60))
    low, high = law.bound(400)
    assert np.mean((coverages >= low) & (coverages <= high)) > 0.86


def test_thr_has_the_smallest_sets() -> None:
    """Where some rows are easy, some hard, and the model knows."""
    rng = open_stream(0, "hardness")
    logits_NK = rng.standard_normal((4000, 8)) * np.exp(1.5 * rng.standard_normal((4000, 1)))
    probabilities_NK = softmax(logits_NK, axis=1)
    label_N = np.minimum(7, (probabilities_NK.cumsum(axis=1) < rng.random(4000)[:, None]).sum(axis=1))
    predictions = Predictions.of_probabilities(probabilities_NK, label_N)
    sizes = {m: split_conformal(predictions, 0.1, m).estimate_size() for m in get_args(Method)}
    assert sizes["thr"].high < sizes["aps"].low
    assert sizes["thr"].unit == "classes" and sizes["thr"].n == 2000


def test_scores_written_out() -> None:
    probabilities_NK = np.array([[0.5, 0.1, 0.4]])
    assert score_thr(probabilities_NK, np.zeros(1))[0] == pytest.approx([0.5, 0.9, 0.6])
    assert score_aps(probabilities_NK, np.zeros(1))[0] == pytest.approx([0.5, 1.0, 0.9])
    assert score_aps(probabilities_NK, np.array([0.5]))[0] == pytest.approx([0.25, 0.95, 0.7])
    many_NK = np.arange(8, 0, -1)[None] / 36
    assert score_raps(many_NK, np.zeros(1))[0] - score_aps(many_NK, np.zeros(1))[0] == pytest.approx(
        [0, 0, 0, 0, 0, 0.01, 0.02, 0.03]
    )


def test_the_threshold_counts_the_row_to_come() -> None:
    scores_N = np.arange(1.0, 20.0)  # 19 rows: (19 + 1) · 0.9 = 18
    assert find_threshold(scores_N[::-1], 0.1) == (18.0, Law(19, 18))
    assert find_threshold(scores_N, 0.05) == (19.0, Law(19, 19))
    with pytest.raises(RefusedError, match="at least 19 held-out rows"):
        find_threshold(scores_N[:-1], 0.05)
    for alpha in (0.0, 1.0, float("nan")):
        with pytest.raises(InputError, match="between 0 and 1"):
            find_threshold(scores_N, alpha)


def test_the_law_of_coverage_is_that_of_an_order_statistic() -> None:
    rng = open_stream(0, "uniform")
    thresholds = np.sort(rng.random((4000, 19)), axis=1)[:, 17]
    assert thresholds.mean() == pytest.approx(Law(19, 18).mean, abs=0.004)
    low, high = Law(19, 18).bound(10**4)
    assert np.mean((thresholds > low) & (thresholds < high)) == pytest.approx(0.95, abs=0.015)


def test_what_is_not_exchangeable_or_has_no_classes_is_refused() -> None:
    predictions = draw(100, 0)
    assert predictions.probabilities_NK is not None and predictions.label_N is not None
    grouped = Predictions.of_probabilities(
        predictions.probabilities_NK, predictions.label_N, group=np.repeat(np.arange(10), 10)
    )
    with pytest.raises(RefusedError, match="groups"):
        split_conformal(grouped)
    with pytest.raises(InputError, match="probabilities of all classes"):
        split_conformal(Predictions.of_confidences([0.5, 0.6], [0, 1]))
    with pytest.raises(InputError, match="both sides"):
        split_conformal(predictions, share=1.0)
    coverage = split_conformal(predictions).estimate_coverage()
    assert coverage.low <= coverage.value <= coverage.high
