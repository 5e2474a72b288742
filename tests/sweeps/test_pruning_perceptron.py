"""The judge of pruned perceptrons: nothing, the smallest effect that matters, and what the theory says."""

from __future__ import annotations

import math
from collections import Counter
from functools import cache

import numpy as np
import pytest

from lab.analysis.pruning import compare_rates, compare_shapes, extrapolate_seeds, find_students, trace_envelope
from lab.core.verdict import Outcome
from lab.scaling.pruning.band import Side
from lab.tables import Tables
from sweeps.pruning_perceptron import (
    BEATS_ALL,
    EASY_FIRST,
    EXPONENTIAL,
    HARD_LATER,
    POOL,
    POWER_AGAIN,
    RANDOM,
    judge,
)
from tests.studies.pruning import OCTAVES, Error, follow_theory, make_tables

TRIALS, MOST_FALSE = 4, 1  # at 2.5 % each, two or more of four have odds of 0.4 %
SHAPE = (EXPONENTIAL, POOL, POWER_AGAIN, RANDOM)


def count(error: Error, outcome: Outcome = Outcome.SUPPORTED) -> Counter[str]:
    found = Counter[str]()
    for trial in range(TRIALS):
        for verdict in judge(make_tables(error, rng_seed=trial, octave=2, shares=OCTAVES)):
            found[verdict.claim] += verdict.outcome is outcome
    return found


def make_null(margins: float) -> Error:
    """Sides, pools and shapes that differ by `margins` of the smallest effect that matters; a theory that is 10 % off,
    and a power that is three margins off, or one: agreement is false there, or at its edge.
    """

    def error(alpha: float, side: Side, keep: float, theta: float) -> float:
        kept, delta = alpha * keep, margins
        if alpha in (2.0, 40.0):
            level = 1.1 * follow_theory(alpha, "random", keep, 0.0)
            if alpha == 2.0:  # of what is left by any half: the hard are worse; of all: the easy are better
                every = 1.1 * follow_theory(2.0, "random", 1.0, 0.0)
                easy = every * (1 - delta * BEATS_ALL.margin)
                return {"easy": easy, "hard": easy + delta * EASY_FIRST.margin * level}.get(
                    side, every if keep == 1 else level
                )
            return level * (1 + (delta * HARD_LATER.margin if side == "easy" else 0.0))
        if keep == 1 or side == "easy":
            return 0.3 * kept ** -(1 + (3 - 2 * delta) * RANDOM.margin) if keep == 1 else 10.0
        pool = keep ** (delta * POOL.margin) if theta == 0 and math.isclose(kept, 4.0) else 1.0
        if kept > 3:  # between a power and an exponential, which it resembles alike
            return 0.05 * pool * math.exp(-_find_between(delta * POWER_AGAIN.margin)(kept))
        # About two a dimension: an exponential that grows faster by the margin from one half of the points to the next.
        bend = delta * EXPONENTIAL.margin / 2
        return 0.2 * math.exp(-(kept - 1) - bend * max(0.0, kept - 2.0**0.75) ** 2) if keep == 0.0625 else 0.9

    return error


@cache
def _find_between(gain: float) -> object:
    """A mixture of ln x and x, over half octaves from 4 to 32, that a power fits better than an exponential by `gain`
    (nats of log-likelihood a point).
    """
    x = 2.0 ** np.arange(2, 5.01, 0.5)

    def leave(at: np.ndarray, y: np.ndarray) -> float:
        line = np.polyfit(at, y, 1)
        return float(((y - np.polyval(line, at)) ** 2).sum())

    def measure(share: float) -> float:
        y = share * np.log(x) + (1 - share) * x / 12
        return math.log(leave(x, y) / leave(np.log(x), y)) / 2

    shares = np.linspace(0.3, 0.95, 1301)
    share = float(shares[np.argmin([abs(measure(s) - gain) for s in shares])])
    return lambda at: share * math.log(at) + (1 - share) * at / 12


@pytest.mark.parametrize("margins", [0.0, 1.0], ids=["nothing", "the margin"])
def test_no_support_without_an_effect_that_matters(margins: float) -> None:
    found = count(make_null(margins))
    assert max(found.values()) <= MOST_FALSE, found


def test_what_the_theory_says_is_supported() -> None:
    verdicts = judge(make_tables(octave=2, shares=OCTAVES, seeds=16, noise=0.02))
    assert {v.claim: v.outcome for v in verdicts} == {v.claim: Outcome.SUPPORTED for v in verdicts}


def test_eleven_seeds_are_too_few_and_one_dimension_has_no_limit() -> None:
    few = judge(make_tables(seeds=11, octave=2, shares=OCTAVES))
    assert {verdict.outcome for verdict in few} == {Outcome.UNDERPOWERED}
    flat = {v.claim: v for v in judge(make_tables(dimensions=(100,), octave=2, shares=OCTAVES))}
    assert flat["theory_at_40"].outcome is Outcome.UNDERPOWERED and "--preset overnight" in flat["theory_at_40"].reason


def test_a_line_in_one_over_d_is_taken_off() -> None:
    tables = make_tables(noise=0.0)
    students = find_students(tables)
    own = students[students["pool_ratio"].eq(2) & students["kept_share"].eq(1)]
    assert extrapolate_seeds(own).to_numpy() == pytest.approx(follow_theory(2.0, "random", 1.0, 0.0))
    assert extrapolate_seeds(own[own["dimensions"].eq(100)]).empty


def test_an_exponential_and_a_power_are_told_apart() -> None:
    def shape(alpha: float, side: Side, keep: float, theta: float) -> float:
        return math.exp(-alpha * keep / 3) if theta else 0.3 / (alpha * keep)

    students = find_students(make_tables(shape, noise=0.001, octave=2, shares=OCTAVES))
    power, exponential = (trace_envelope(students[students["kept_share"].lt(1)], theta) for theta in (0.0, 20.0))
    assert max(compare_shapes(power, 4.0, 32.0)) < -2 and min(compare_shapes(exponential, 4.0, 32.0)) > 2
    assert max(compare_rates(power, 4.0, 32.0)) < 0
    assert np.abs(compare_rates(exponential, 4.0, 32.0)).max() < 0.01


def test_the_best_share_is_chosen_by_the_other_seeds() -> None:
    """Where no share is better than another, the least error of each seed would be too good; that of the others not."""
    students = find_students(make_tables(lambda *_: 0.1, noise=0.2, seeds=40, dimensions=(10**6,)))
    envelope = trace_envelope(students, 0.0)
    at = envelope[np.isclose(envelope["kept_ratio"], 4.0)]["test_error"]
    spread = np.log(at).std() / math.sqrt(len(at))
    assert abs(np.log(at / 0.1).mean()) < 3.5 * spread
    pooled = students[np.isclose(students["kept_ratio"], 4.0) & students["kept_side"].ne("easy")]
    assert np.log(pooled.groupby("seed")["test_error"].min() / 0.1).mean() < -5 * spread


def test_a_table_of_other_runs_has_no_students() -> None:
    assert find_students(
        Tables(
            make_tables(seeds=1).study, make_tables(seeds=1).runs.drop(columns="kept_side"), make_tables(seeds=1).curves
        )
    ).empty
