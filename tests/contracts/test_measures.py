"""The contract of a measure of calibration."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lab.calibration.cells import lay_grid
from lab.calibration.measure import CellMeasure, Measure
from lab.calibration.predictions import Predictions
from lab.core.errors import InputError
from lab.core.registry import open_shelf

NAMES = open_shelf("measures").names()
EVERY = pytest.mark.parametrize("name", NAMES)
VANISHING = pytest.mark.parametrize("name", [n for n in NAMES if open_shelf("measures").load(n).vanishes])
YEAR = re.compile(r"\b(1[89]|20)\d\d\b")

# Ten times a confidence of 0.8, five times right: one bin, one gap, one frequency.
HOT = math.log(4) / 100  # the log odds of 0.8 at the highest temperature
FOLDED = 0.5 * math.sqrt(0.1)
BOLD = {
    "augrc": 0.25,
    "aurc": 0.5,
    "brier": 0.25 + 0.3**2,
    "calibration_loss": -math.log(0.8 * 0.2) / 2 - math.log1p(math.exp(HOT)) + HOT / 2,
    "classwise_ece": 0.3,
    "debiased_l1": 0.6
    - FOLDED * math.sqrt(2 / math.pi) * math.exp(-(0.3**2) / (2 * FOLDED**2))
    - 0.3 * math.erf(0.3 / (FOLDED * math.sqrt(2))),
    "debiased_l2": math.sqrt(0.3**2 - 0.25 / 9),
    "discrimination": 0.0,
    "e_aurc": 0.5 - sum(failed / (5 + failed) for failed in range(1, 6)) / 10,
    "ece_equal_mass": 0.3,
    "ece_equal_width": 0.3,
    "ece_sweep": 0.3,
    "kolmogorov_smirnov": 0.3,
    "log_loss": -math.log(0.8 * 0.2) / 2,
    "marginal": math.sqrt(0.3**2 - 0.25 / 9),
    "mce": 0.3,
    "miscalibration": 0.09,
    "multiclass_brier": 2 * (0.25 + 0.3**2),
    "negative_log_likelihood": -math.log(0.8 * 0.2) / 2,
    "refinement_loss": math.log1p(math.exp(HOT)) - HOT / 2,
    "smooth_ece": 0.3,
    "spiegelhalter": 3 * 0.6 / math.sqrt(10 * 0.6**2 * 0.16),
    "uncertainty": 0.25,
}

ROWS = st.lists(
    st.tuples(st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.75, 0.99, 1.0]), st.booleans(), st.integers(1, 3)),
    min_size=1,
    max_size=12,
)


def load_measure(name: str) -> Measure:
    measure: Measure = open_shelf("measures").load(name)
    return measure


def predict(
    name: str, confidence: Sequence[float], outcome: Sequence[float], weight: Sequence[float] | None = None
) -> Predictions:
    """Of an event, or of the same event as the second of two classes."""
    if load_measure(name).needs == "confidences":
        return Predictions.of_confidences(confidence, outcome, weight)
    f = np.asarray(confidence, dtype=float)
    return Predictions.of_probabilities(np.stack([1 - f, f], axis=1), outcome, weight)


def agree(one: float, other: float) -> bool:
    return one == pytest.approx(other, rel=1e-9, abs=1e-9, nan_ok=True)


@EVERY
def test_it_says_what_it_is(name: str) -> None:
    measure = load_measure(name)
    assert measure.name == name and measure.title and measure.symbol and YEAR.search(measure.citation)


@EVERY
def test_the_closed_form(name: str) -> None:
    assert name in BOLD, "a new measure writes down what it is for ten confidences of 0.8, five of them right"
    measured = load_measure(name).of(predict(name, [0.8] * 10, [1, 0] * 5))
    assert measured == pytest.approx(BOLD[name], rel=1e-9, abs=1e-12)


@VANISHING
def test_certainty_that_is_right_has_no_error(name: str) -> None:
    measured = load_measure(name).of(predict(name, [0.0, 1.0] * 4, [0, 1] * 4))
    assert math.isnan(measured) if name == "spiegelhalter" else measured == pytest.approx(0, abs=1e-12)


@EVERY
@pytest.mark.parametrize("end", [0.0, 1.0])
def test_a_wrong_certainty_is_not_dropped(name: str, end: float) -> None:
    """Two of twelve say 0 or 1 and are wrong: every measure is told, and those of gaps grow."""
    others, outcomes = [0.4, 0.6] * 5, [0, 1, 0, 1, 1, 0, 0, 1, 0, 1]
    measure = load_measure(name)
    without = measure.of(predict(name, others, outcomes))
    measured = measure.of(predict(name, [*others, end, end], [*outcomes, 1 - end, 1 - end]))
    assert measured != pytest.approx(without, abs=1e-6) or name == "uncertainty"
    if measure.vanishes:
        assert measured > without


@EVERY
@settings(max_examples=25, deadline=None)
@given(ROWS, st.randoms(use_true_random=False))
def test_the_order_of_rows_means_nothing(name: str, rows: list[tuple[float, bool, int]], random: object) -> None:
    f, y, w = zip(*rows, strict=True)
    order = np.random.default_rng(len(rows)).permutation(len(rows))
    moved = predict(name, np.array(f)[order], np.array(y)[order], np.array(w, dtype=float)[order])  # type: ignore[arg-type]
    assert agree(load_measure(name).of(predict(name, f, y, w)), load_measure(name).of(moved))


@EVERY
@settings(max_examples=25, deadline=None)
@given(ROWS)
def test_a_weight_is_so_many_rows(name: str, rows: list[tuple[float, bool, int]]) -> None:
    f, y, w = zip(*rows, strict=True)
    repeated = predict(name, np.repeat(f, w), np.repeat(y, w))  # type: ignore[arg-type]
    assert agree(load_measure(name).of(predict(name, f, y, w)), load_measure(name).of(repeated))


@EVERY
@settings(max_examples=25, deadline=None)
@given(ROWS)
def test_a_grid_that_holds_every_confidence_loses_nothing(name: str, rows: list[tuple[float, bool, int]]) -> None:
    measure = load_measure(name)
    if isinstance(measure, CellMeasure):
        f, y, w = zip(*rows, strict=True)
        predictions = Predictions.of_confidences(f, y, w)
        assert agree(float(measure.of_cells(lay_grid(predictions).cells)[0]), measure.of(predictions))


@EVERY
@pytest.mark.parametrize("outcome", [0, 1])
def test_one_prediction_and_one_class(name: str, outcome: int) -> None:
    """NaN only where one prediction has no answer: a debiased square takes two in a bin."""
    measure = load_measure(name)
    one = measure.of(predict(name, [0.8], [outcome]))
    assert math.isnan(one) if name in ("debiased_l2", "marginal") else math.isfinite(one)
    assert math.isfinite(measure.of(predict(name, [0.2, 0.8, 0.8, 0.2], [outcome] * 4)))


@pytest.mark.parametrize("name", [n for n in NAMES if open_shelf("measures").load(n).needs == "probabilities"])
def test_what_needs_classes_says_so(name: str) -> None:
    with pytest.raises(InputError, match="probabilities of all classes"):
        load_measure(name).of(Predictions.of_confidences([0.5], [1]))
