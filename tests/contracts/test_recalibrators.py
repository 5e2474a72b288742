"""The contract of a recalibrator: finite on any data, in order where it says so, harmless where nothing is wrong."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest
from scipy.special import expit, softmax

from lab.calibration.predictions import Predictions
from lab.calibration.recalibration import cross_fit, fit_apart
from lab.calibration.recalibrator import Recalibrator
from lab.core.errors import InputError, RefusedError
from lab.core.registry import open_shelf
from lab.core.seeds import open_stream

NAMES = open_shelf("recalibrators").names()
EVERY = pytest.mark.parametrize("name", NAMES)
YEAR = re.compile(r"\b(1[89]|20)\d\d\b")
ROWS, CLASSES = 4000, 4


def load(name: str) -> Recalibrator:
    recalibrator: Recalibrator = open_shelf("recalibrators").load(name)
    return recalibrator


def draw(recalibrator: Recalibrator, temperature: float = 1.0, rows: int = ROWS, seed: int = 0) -> Predictions:
    """Predictions whose logits are `temperature` times too large: of classes, or of one event."""
    rng = open_stream(seed, "recalibrators")
    if recalibrator.needs == "probabilities":
        logits_NK = 1.5 * rng.standard_normal((rows, CLASSES))
        label_N = (softmax(logits_NK, axis=1).cumsum(axis=1) < rng.random(rows)[:, None]).sum(axis=1)
        return Predictions.of_probabilities(softmax(temperature * logits_NK, axis=1), label_N)
    logit_N = 2 * rng.standard_normal(rows)
    return Predictions.of_confidences(expit(temperature * logit_N), rng.random(rows) < expit(logit_N))


def measure_error(predictions: Predictions) -> float:
    """The Brier score."""
    return float(np.average((predictions.confidence_N - predictions.outcome_N) ** 2, weights=predictions.weight_N))


def separate(recalibrator: Recalibrator) -> Predictions:
    """Data that the confidence tells apart without a mistake, exact zeros and ones among them."""
    if recalibrator.needs == "probabilities":
        said = np.vstack([np.eye(3), [[0.8, 0.1, 0.1]]])
        return Predictions.of_probabilities(said.repeat(5, axis=0), np.repeat([0, 1, 2, 0], 5))
    confidence_N = np.concatenate([np.linspace(0, 0.4, 20), np.linspace(0.6, 1, 20)])
    return Predictions.of_confidences(confidence_N, confidence_N > 0.5)


@EVERY
def test_it_is_named_and_cited(name: str) -> None:
    recalibrator = load(name)
    assert recalibrator.name == name and recalibrator.title
    assert YEAR.search(recalibrator.citation)


@EVERY
def test_it_mends_what_is_too_sure(name: str) -> None:
    recalibrator = load(name)
    done = cross_fit(recalibrator, draw(recalibrator, 3.0))
    assert measure_error(done.after) < measure_error(done.before) - 0.01


@EVERY
def test_it_leaves_the_calibrated_as_they_are(name: str) -> None:
    recalibrator = load(name)
    done = cross_fit(recalibrator, draw(recalibrator))
    moved_N = np.abs(done.after.confidence_N - done.before.confidence_N)
    steps = not recalibrator.fit(done.before).parameters  # a table of cells or blocks is as wide as they are
    assert np.mean(moved_N) < (0.04 if steps or name == "scaling_binning" else 0.02)


@EVERY
def test_it_keeps_the_order_where_it_says_so(name: str) -> None:
    recalibrator = load(name)
    if not recalibrator.keeps_order:
        return
    before = draw(recalibrator, 3.0)
    after = recalibrator.fit(before).apply(before)
    assert (np.diff(after.confidence_N[np.argsort(before.confidence_N)]) >= -1e-12).all()
    assert np.array_equal(after.outcome_N, before.outcome_N)


@EVERY
def test_data_told_apart_without_a_mistake_give_finite_numbers(name: str) -> None:
    recalibrator = load(name)
    predictions = separate(recalibrator)
    moved = recalibrator.fit(predictions).apply(predictions)
    assert np.isfinite(moved.confidence_N).all() and len(moved) == len(predictions)
    assert ((moved.confidence_N >= 0) & (moved.confidence_N <= 1)).all()
    assert measure_error(moved) <= measure_error(predictions) + 1e-3


@EVERY
@pytest.mark.parametrize("happened", [0, 1])
def test_one_outcome_and_one_row_give_finite_numbers(name: str, happened: int) -> None:
    recalibrator = load(name)
    for rows in (1, 7):
        if recalibrator.needs == "probabilities":
            predictions = Predictions.of_probabilities(np.full((rows, 2), 0.5), [happened] * rows)
        else:
            predictions = Predictions.of_confidences([0.5] * rows, [happened] * rows)
        assert np.isfinite(recalibrator.fit(predictions).apply(predictions).confidence_N).all()


@EVERY
def test_a_weight_of_two_is_the_row_twice(name: str) -> None:
    recalibrator = load(name)
    once = draw(recalibrator, 2.0, 300)
    twice_N = np.arange(300) % 3 == 0
    index = np.repeat(np.arange(300), 1 + twice_N)
    repeated = recalibrator.fit(once.subset(index)).apply(once)
    weighted = recalibrator.fit(replace(once, weight_N=1.0 + twice_N)).apply(once)
    assert weighted.confidence_N == pytest.approx(repeated.confidence_N, abs=2e-5)


@EVERY
def test_the_order_of_rows_does_not_matter(name: str) -> None:
    recalibrator = load(name)
    predictions = draw(recalibrator, 2.0, 300)
    shuffled = predictions.subset(open_stream(1, "order").permutation(300))
    moved = recalibrator.fit(shuffled).apply(predictions).confidence_N
    assert moved == pytest.approx(recalibrator.fit(predictions).apply(predictions).confidence_N, abs=2e-5)


@EVERY
def test_it_is_not_reported_on_what_it_was_fitted_to(name: str) -> None:
    recalibrator = load(name)
    predictions = draw(recalibrator, 2.0, 300)
    for same in (predictions, predictions.subset(np.arange(299, -1, -1)), predictions.subset(np.arange(100))):
        with pytest.raises(RefusedError, match="not reported on the data it was fitted on"):
            fit_apart(recalibrator, predictions, same)
    apart = draw(recalibrator, 2.0, 200, seed=5)
    assert len(fit_apart(recalibrator, predictions, apart).after) == 200
    if recalibrator.needs == "probabilities":
        with pytest.raises(InputError, match="probabilities of all classes"):
            recalibrator.fit(Predictions.of_confidences([0.2, 0.8], [0, 1]))
