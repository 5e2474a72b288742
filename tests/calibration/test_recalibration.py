"""Fits on held-out data, temperature, steps."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.special import expit, softmax

from lab.calibration.binning import cut_by_mass
from lab.calibration.predictions import Predictions
from lab.calibration.recalibration import count_shared, cross_fit
from lab.calibration.recalibrators.isotonic import recalibrator as isotonic
from lab.calibration.recalibrators.platt import recalibrator as platt
from lab.calibration.recalibrators.temperature import recalibrator as temperature
from lab.calibration.temperature import (
    COLDEST,
    HOTTEST,
    estimate_temperature,
    find_temperature,
    measure_log_loss,
)
from lab.core.errors import InputError, RefusedError
from lab.core.seeds import open_stream
from tests.truth import find_truth


def draw_classes(rows: int, factor: float, seed: int = 0) -> Predictions:
    rng = open_stream(seed, "classes")
    logits_NK = 2 * rng.standard_normal((rows, 5))
    label_N = (softmax(logits_NK, axis=1).cumsum(axis=1) < rng.random(rows)[:, None]).sum(axis=1)
    return Predictions.of_probabilities(softmax(factor * logits_NK, axis=1), label_N)


def test_temperature_of_a_public_net() -> None:
    with np.load(find_truth("calibration/confidence/verified_calibration_cifar10_vgg16.npz")) as stored:
        predictions = Predictions.of_probabilities(stored["probs"], stored["labels"])
    found = find_temperature(predictions)
    assert found == pytest.approx(1.68631, abs=5e-6)
    assert measure_log_loss(predictions) == pytest.approx(0.25706, abs=5e-6)
    assert measure_log_loss(predictions, found) == pytest.approx(0.20057, abs=5e-6)


def test_temperature_is_where_the_loss_is_least_and_its_interval_covers() -> None:
    hits = 0
    for seed in range(40):
        predictions = draw_classes(400, 2.5, seed)
        found = estimate_temperature(predictions)
        near = [measure_log_loss(predictions, found.value * f) for f in (0.99, 1.0, 1.01)]
        assert min(near) == near[1]
        hits += found.contains(2.5)
    assert hits >= 34  # of 40 at 95 %: fewer have a chance of 1 in 1 000


def test_temperature_cannot_run_away() -> None:
    right = Predictions.of_probabilities([[0.9, 0.1], [0.2, 0.8]], [0, 1])
    wrong = Predictions.of_probabilities([[0.9, 0.1], [0.2, 0.8]], [1, 0])
    assert (find_temperature(right), find_temperature(wrong)) == (COLDEST, HOTTEST)
    assert not estimate_temperature(right).has_interval
    sure = Predictions.of_confidences([0.0, 1.0, 1.0], [0, 1, 0])
    assert COLDEST < find_temperature(sure) < HOTTEST and math.isfinite(measure_log_loss(sure))


def test_one_event_and_its_two_classes_have_one_temperature() -> None:
    rng = open_stream(0, "binary")
    chance_N = expit(3 * rng.standard_normal(500))
    happened_N = rng.random(500) < chance_N**2
    event = Predictions.of_confidences(chance_N, happened_N)
    classes = Predictions.of_probabilities(np.stack([1 - chance_N, chance_N], axis=1), happened_N.astype(int))
    assert find_temperature(event) == pytest.approx(find_temperature(classes), abs=1e-6)
    cooled = temperature.fit(event).apply(event).confidence_N
    assert cooled == pytest.approx(temperature.fit(classes).apply(classes).probabilities_NK[:, 1], abs=1e-6)  # type: ignore[index]


def test_folds_keep_groups_whole_and_rows_in_place() -> None:
    rng = open_stream(0, "folds")
    group_N = rng.integers(0, 20, 400)
    predictions = Predictions.of_confidences(rng.random(400), rng.random(400) < 0.5, group=group_N)
    done = cross_fit(platt, predictions)
    assert all(len(np.unique(done.fold_N[group_N == group])) == 1 for group in range(20))
    for fold, fitted in enumerate(done.maps):
        own = done.fold_N == fold
        again = platt.fit(predictions.subset(~own))
        assert fitted.parameters == again.parameters
        assert np.array_equal(done.after.confidence_N[own], again.apply(predictions.subset(own)).confidence_N)
    assert np.array_equal(done.after.outcome_N, predictions.outcome_N)
    assert np.array_equal(done.after.group_N, group_N)
    with pytest.raises(RefusedError, match="5 folds need 5 groups"):
        cross_fit(platt, predictions.subset(group_N < 4))
    with pytest.raises(InputError, match="at least two"):
        cross_fit(platt, predictions, folds=1)


def test_isotonic_on_its_own_data_would_look_perfect_and_by_folds_does_not() -> None:
    """The reason for folds: outcomes that have nothing to do with the confidence seem to be foretold by it."""
    rng = open_stream(3, "noise")
    predictions = Predictions.of_confidences(rng.random(200), rng.random(200) < 0.5)
    fooled = isotonic.fit(predictions).apply(predictions)
    assert np.mean((fooled.confidence_N - fooled.outcome_N) ** 2) < 0.245
    honest = cross_fit(isotonic, predictions).after
    assert np.mean((honest.confidence_N - honest.outcome_N) ** 2) > 0.25


def test_rows_are_known_again_only_where_they_can_be() -> None:
    coarse = Predictions.of_confidences(np.tile([0.1, 0.5, 0.9], 20), np.tile([0, 1, 1], 20))
    assert count_shared(coarse, coarse.subset(np.arange(10))) == 0
    assert count_shared(coarse, coarse.subset(np.arange(59, -1, -1))) == 60
    fine = draw_classes(100, 1.0)
    assert count_shared(fine, fine.subset(np.arange(10))) == 10
    assert count_shared(fine, draw_classes(100, 1.0, seed=1)) == 0


def test_cells_of_equal_mass_never_split_equal_values() -> None:
    values_N = np.array([0.1] * 6 + [0.5] + [0.9] * 3)
    edges = cut_by_mass(values_N, np.ones(10), 4)
    assert edges.tolist() == [0.1]
    assert np.bincount(np.searchsorted(edges, values_N, side="left")).tolist() == [6, 4]
    assert cut_by_mass(np.linspace(0, 1, 100), np.ones(100), 10).shape == (9,)
    assert cut_by_mass(np.full(5, 0.3), np.ones(5), 10).size == 0
