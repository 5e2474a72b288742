"""Estimates, units, seeds and errors: what is printed, and what is reproducible."""

from __future__ import annotations

import copy
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.core.columns import COLUMNS, CONVENTIONS, describe_column
from lab.core.errors import InputError, LabError, StoreError, UnknownNameError
from lab.core.estimate import Estimate
from lab.core.seeds import derive_seed, open_stream
from lab.core.units import bits_from_nats, format_count, format_duration


@pytest.mark.parametrize(
    ("estimate", "text"),
    [
        (Estimate("α", 0.0761, 0.07, 0.083), "0.0761 [0.07, 0.083]"),
        (Estimate("L", 1.5, 1.4, math.inf, unit="nats/token"), "1.5 [1.4, unbounded] nats/token"),
        (Estimate("L", 1.5, method="one trunk"), "1.5 (no interval: one trunk)"),
        (Estimate("L", math.nan), "no estimate"),
    ],
)
def test_an_estimate_prints_its_interval_or_says_why_not(estimate: Estimate, text: str) -> None:
    assert str(estimate) == text


@given(st.floats(-5, 5), st.floats(-5, 5), st.floats(-5, 5))
def test_an_interval_contains_what_lies_in_it(value: float, low: float, high: float) -> None:
    assert Estimate("x", 0.0, low, high).contains(value) == (low <= value <= high)
    assert not Estimate("x", 0.0).contains(value)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1234, "1.23 kB"),
        (2.5e12, "2.5 TB"),
        (2.5e20, "250 EB"),
        (2.88e21, "2.88e21 B"),
        (None, "–"),
        (math.nan, "–"),
        (math.inf, "unbounded"),
    ],
)
def test_counts_have_a_prefix(value: float | None, text: str) -> None:
    assert format_count(value, "B") == text


@pytest.mark.parametrize(("seconds", "text"), [(-1, "0 s"), (59.4, "59 s"), (200, "3 min 20 s"), (3900, "1 h 05 min")])
def test_durations_have_two_units(seconds: float, text: str) -> None:
    assert format_duration(seconds) == text


def test_a_nat_is_1_44_bits() -> None:
    assert bits_from_nats(1.0) == pytest.approx(1.4426950408889634)


def test_streams_are_named_and_the_same_everywhere() -> None:
    assert derive_seed(0, "data", "order", 1) == 6_426_425_902_647_095_767
    same, other, later = (open_stream(s, *n).random(4) for s, n in ((0, ("a",)), (0, ("b",)), (1, ("a",))))
    assert np.array_equal(same, open_stream(0, "a").random(4))
    assert not np.array_equal(same, other) and not np.array_equal(same, later)


@given(st.integers(0, 2**31), st.text(max_size=8))
def test_seeds_fit_every_generator(seed: int, name: str) -> None:
    assert 0 <= derive_seed(seed, name) < 2**63


@pytest.mark.parametrize("kind", [LabError, InputError, StoreError])
def test_an_error_survives_the_way_between_processes(kind: type[LabError]) -> None:
    error = kind("train.window", 1, "must be at least 2", "give 128")
    received = copy.copy(error)  # by __reduce__, as between processes
    assert type(received) is kind and str(received) == str(error)
    assert str(error) == "train.window: got 1. must be at least 2. give 128."
    assert received.exit_code == (2 if kind is InputError else 1)


def test_nothing_near_means_no_guess() -> None:
    assert "did you mean" not in str(UnknownNameError.among("law", "zzz", ["power"]))
    assert "known: power" in str(UnknownNameError.among("law", "zzz", ["power"]))


def test_every_column_has_one_definition() -> None:
    assert all(name == column.name and column.definition for name, column in COLUMNS.items())
    assert {column.kind for column in COLUMNS.values()} == {"identity", "axis", "measure", "provenance"}
    assert set(CONVENTIONS) <= set(COLUMNS)
    assert "loss" not in COLUMNS and "params" not in COLUMNS
    assert describe_column("my_metric").label == "my metric"
