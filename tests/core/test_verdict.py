"""The rules of judging (docs/judging.md), and how often chance alone would support a claim."""

from __future__ import annotations

import itertools
import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.core.estimate import Estimate
from lab.core.verdict import (
    Outcome,
    Verdict,
    judge_conjunction,
    judge_direction,
    judge_equivalence,
    subtract_published,
)

MARGIN = 0.5
FINITE = st.floats(-10, 10)
ENDS = st.tuples(FINITE, FINITE).map(sorted)
TRIALS = 20_000


def interval(low: float, high: float, level: float = 0.95) -> Estimate:
    return Estimate("θ", (low + high) / 2, low, high, level)


def draw_intervals(theta: float, seed: int) -> list[tuple[Estimate, Estimate]]:
    """90 % and 95 % intervals of normal estimates around θ with standard error 0.3: exact coverage."""
    values = np.random.default_rng(seed).normal(theta, 0.3, TRIALS)
    halves = 0.3 * np.array([1.6448536269514722, 1.959963984540054])
    return [tuple(interval(v - h, v + h, n) for h, n in zip(halves, (0.9, 0.95), strict=True)) for v in values]


@given(ENDS)
def test_direction_follows_the_interval(ends: list[float]) -> None:
    low, high = ends
    expected = (
        Outcome.SUPPORTED if low > MARGIN
        else Outcome.REVERSED if high < 0
        else Outcome.NOT_SUPPORTED if high < MARGIN
        else Outcome.UNDERPOWERED
    )  # fmt: skip
    assert judge_direction(interval(low, high), MARGIN) is expected


@given(ENDS, st.floats(0, 5))
def test_a_wider_interval_never_decides_what_a_narrower_left_open(ends: list[float], extra: float) -> None:
    low, high = ends
    if judge_direction(interval(low, high), MARGIN) is Outcome.UNDERPOWERED:
        assert judge_direction(interval(low - extra, high + extra), MARGIN) is Outcome.UNDERPOWERED


@given(ENDS, st.floats(0, 5))
def test_equivalence_needs_the_whole_interval_inside(ends: list[float], extra: float) -> None:
    low, high = ends
    outcome = judge_equivalence(interval(low, high, 0.9), interval(low - extra, high + extra), MARGIN)
    if low > -MARGIN and high < MARGIN:
        assert outcome is Outcome.SUPPORTED
    elif low - extra > MARGIN or high + extra < -MARGIN:
        assert outcome is Outcome.NOT_SUPPORTED
    else:
        assert outcome is Outcome.UNDERPOWERED


@pytest.mark.parametrize("theta", [0.0, MARGIN / 2, MARGIN])
def test_direction_is_falsely_supported_at_most_one_time_in_forty(theta: float) -> None:
    """θ ≤ margin: 'supported' is false. At θ = margin the rate is exactly 2.5 %."""
    outcomes = [judge_direction(wide, MARGIN) for _, wide in draw_intervals(theta, seed=1)]
    rate = outcomes.count(Outcome.SUPPORTED) / TRIALS
    assert rate <= 0.025 + 4 * math.sqrt(0.025 * 0.975 / TRIALS)


def test_direction_is_supported_when_the_effect_is_large() -> None:
    outcomes = [judge_direction(wide, MARGIN) for _, wide in draw_intervals(MARGIN + 1.5, seed=2)]
    assert outcomes.count(Outcome.SUPPORTED) / TRIALS > 0.99


@pytest.mark.parametrize("theta", [MARGIN, 2 * MARGIN, -MARGIN])
def test_equivalence_is_falsely_supported_at_most_one_time_in_twenty(theta: float) -> None:
    outcomes = [judge_equivalence(*pair, MARGIN) for pair in draw_intervals(theta, seed=3)]
    assert outcomes.count(Outcome.SUPPORTED) / TRIALS <= 0.05 + 4 * math.sqrt(0.05 * 0.95 / TRIALS)


@pytest.mark.parametrize("ends", [(math.nan, math.nan), (math.nan, 1.0), (1.0, math.nan), (-math.inf, math.inf)])
def test_no_interval_no_verdict(ends: tuple[float, float]) -> None:
    lame = interval(*ends)
    assert judge_direction(lame, MARGIN) is Outcome.UNDERPOWERED
    assert judge_equivalence(lame, lame, MARGIN) is Outcome.UNDERPOWERED


@pytest.mark.parametrize("outcomes", list(itertools.product(Outcome, repeat=3)))
def test_one_refuted_part_refutes_and_all_must_hold(outcomes: tuple[Outcome, ...]) -> None:
    whole = judge_conjunction(outcomes)
    refuted = {Outcome.NOT_SUPPORTED, Outcome.REVERSED} & set(outcomes)
    assert (whole is Outcome.NOT_SUPPORTED) == bool(refuted)
    assert (whole is Outcome.SUPPORTED) == (set(outcomes) == {Outcome.SUPPORTED})


def test_a_claim_without_parts_is_not_supported_by_them() -> None:
    assert judge_conjunction([]) is Outcome.UNDERPOWERED


@given(FINITE, st.floats(0.01, 3), FINITE, st.floats(0, 3), st.sampled_from([0.9, 0.95, 0.99]))
def test_a_published_error_widens_the_difference(
    value: float, half: float, theirs: float, error: float, level: float
) -> None:
    ours = Estimate("θ", value, value - half, value + half, level)
    difference = subtract_published(ours, theirs, error)
    assert difference.value == pytest.approx(value - theirs)
    assert difference.high - difference.low >= 2 * half - 1e-9
    exact = subtract_published(ours, theirs)
    assert (exact.low, exact.high) == (pytest.approx(ours.low - theirs), pytest.approx(ours.high - theirs))


def test_a_verdict_is_literals_all_the_way_down() -> None:
    part = Verdict("part", "x", Outcome.UNDERPOWERED, Estimate("θ", math.nan, method="too few"), MARGIN)
    whole = Verdict("c", "y", Outcome.SUPPORTED, interval(1, math.inf), MARGIN, run_keys=("a",), parts=(part,))
    row = json.loads(json.dumps(whole.to_dict(), allow_nan=False))
    assert row["estimate"]["high"] == "unbounded"
    assert row["parts"][0]["estimate"] == {
        "name": "θ", "value": None, "low": None, "high": None, "level": 0.95, "unit": "", "method": "too few", "n": 0,
    }  # fmt: skip
