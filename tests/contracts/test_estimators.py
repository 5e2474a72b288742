"""The contract of an estimator of a sequence."""

from __future__ import annotations

import math
import re
import sys

import numpy as np
import pytest

from lab.complexity.code import Message
from lab.complexity.estimator import Estimator
from lab.core.registry import open_shelf
from tests.complexity.processes import PROCESSES

EVERY = pytest.mark.parametrize("name", open_shelf("estimators").names())
TRUE = pytest.mark.parametrize(
    "name", [n for n in open_shelf("estimators").names() if open_shelf("estimators").load(n).quantity != "none"]
)
YEAR = re.compile(r"\b(1[89]|20)\d\d\b")
LENGTH = 100_000
# What 10^5 symbols allow: E of blocks carries L times the error of h, L of about 16.
NEAR = {"entropy_rate": 0.01, "statistical_complexity": 0.01, "excess_entropy": 0.05}


def make_estimator(name: str) -> Estimator:
    estimator: Estimator = open_shelf("estimators").load(name)()
    return estimator


@EVERY
def test_it_cites_what_it_computes(name: str) -> None:
    assert YEAR.search(sys.modules[open_shelf("estimators").load(name).__module__].__doc__ or "")


@EVERY
@pytest.mark.parametrize("process", PROCESSES)
def test_it_is_near_the_truth_it_claims(name: str, process: str) -> None:
    estimator = make_estimator(name)
    message = PROCESSES[process].draw(LENGTH, seed=0)
    value = estimator.estimate(message)
    assert math.isfinite(value)
    assert not estimator.explain(message)
    if estimator.quantity != "none":
        assert value == pytest.approx(getattr(PROCESSES[process], estimator.quantity), abs=NEAR[estimator.quantity])


@EVERY
@pytest.mark.parametrize("length", [0, 1, 2, 10])
def test_a_sequence_too_short_gives_no_number(name: str, length: int) -> None:
    estimator = make_estimator(name)
    message = PROCESSES["golden_mean"].draw(length, seed=0)
    assert math.isnan(estimator.estimate(message))
    assert estimator.explain(message)


@TRUE
def test_the_symbols_names_do_not_matter_to_information(name: str) -> None:
    estimator = make_estimator(name)
    message = PROCESSES["three_symbols"].draw(20_000, seed=1)
    renamed = Message(np.array([7, 0, 255], dtype=np.uint8)[message.symbols], 256)
    assert estimator.estimate(renamed) == pytest.approx(estimator.estimate(message), abs=1e-9)


@EVERY
def test_it_is_deterministic(name: str) -> None:
    message = PROCESSES["even"].draw(5_000, seed=2)
    assert make_estimator(name).estimate(message) == make_estimator(name).estimate(message)
