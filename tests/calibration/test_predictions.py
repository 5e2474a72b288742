"""Predictions are read whole or refused with the reason."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from lab.calibration.predictions import Predictions
from lab.core.errors import InputError


def test_confidences_of_exactly_zero_and_one_are_kept() -> None:
    read = Predictions.of_confidences([0, 0.5, 1], [False, True, True])
    assert read.confidence_N.tolist() == [0, 0.5, 1] and read.outcome_N.tolist() == [0, 1, 1]
    assert read.weight_N.tolist() == [1, 1, 1] and read.group_N.tolist() == [0, 1, 2]
    assert not read.is_grouped and not read.is_weighted and len(read) == 3


def test_the_first_of_tied_classes_is_the_prediction() -> None:
    read = Predictions.of_probabilities([[0.4, 0.4, 0.2], [0.1, 0.1, 0.8]], [1, 2])
    assert read.confidence_N.tolist() == [0.4, 0.8] and read.outcome_N.tolist() == [0, 1]


def test_rows_are_divided_by_their_sum() -> None:
    read = Predictions.of_probabilities([[0.6, 0.4005]], [0])
    assert read.probabilities_NK is not None
    assert read.probabilities_NK.sum() == pytest.approx(1, abs=1e-15)
    assert read.confidence_N[0] == pytest.approx(0.6 / 1.0005)


def test_groups_may_be_words() -> None:
    read = Predictions.of_confidences([0.1, 0.2, 0.3], [0, 0, 1], group=["b", "a", "b"])
    assert read.group_N.tolist() == [1, 0, 1] and read.is_grouped


def test_a_subset_takes_all_that_belongs_to_its_rows() -> None:
    read = Predictions.of_probabilities(np.eye(3), [0, 1, 0], weight=[1, 2, 3], group=[7, 7, 9])
    part = read.subset(read.group_N == 7)
    assert part.weight_N.tolist() == [1, 2] and part.is_grouped and part.is_weighted
    assert part.probabilities_NK is not None and part.probabilities_NK.shape == (2, 3)
    assert read.subset([2, 2]).group_N.tolist() == [9, 9]
    with pytest.raises(InputError, match="at least one prediction"):
        read.subset([])


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "empty": ({"confidence": [], "outcome": []}, "nothing"),
    "NaN": ({"confidence": [0.5, np.nan], "outcome": [0, 1]}, "NaN in row 1"),
    "range": ({"confidence": [1.5], "outcome": [0]}, "1.5"),
    "outcome": ({"confidence": [0.5], "outcome": [2]}, "0 or 1"),
    "lengths": ({"confidence": [0.5, 0.5], "outcome": [0]}, "each of the 2 predictions"),
    "weight": ({"confidence": [0.5], "outcome": [0], "weight": [0]}, "positive and finite"),
    "weights": ({"confidence": [0.5], "outcome": [0], "weight": [1, 1]}, "each of the 1 predictions"),
    "groups": ({"confidence": [0.5], "outcome": [0], "group": [1, 1]}, "each of the 1 predictions"),
    "words": ({"confidence": ["high"], "outcome": [0]}, "numbers only"),
    "shape": ({"confidence": [[0.5]], "outcome": [0]}, "one number per row"),
}


@pytest.mark.parametrize("case", WRONG)
def test_wrong_confidences_are_refused(case: str) -> None:
    arguments, words = WRONG[case]
    with pytest.raises(InputError, match=words):
        Predictions.of_confidences(**arguments)


@pytest.mark.parametrize(
    ("probabilities", "label", "words"),
    [
        ([[0.5, 0.6]], [0], "sum 1.1"),
        ([[0.5, 0.5]], [2], "a class, 0 to 1"),
        ([[0.5, 0.5]], [0.5], "a class, 0 to 1"),
        ([[0.5, 0.5]], [0, 1], "each of the 1 predictions"),
        ([0.5, 0.5], [0, 1], "a row of classes"),
        ([[1.5, -0.5]], [0], "1.5"),
    ],
)
def test_wrong_probabilities_are_refused(probabilities: Any, label: Any, words: str) -> None:
    with pytest.raises(InputError, match=words):
        Predictions.of_probabilities(probabilities, label)
