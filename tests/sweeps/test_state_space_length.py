"""The judge of the length of a delay: nothing, the least effect, a plausible one, few seeds, and the rate it reads."""

from __future__ import annotations

import itertools
from collections import Counter

import numpy as np
import pandas as pd
import pytest

from lab.core.registry import open_shelf
from lab.core.seeds import open_stream
from lab.core.verdict import Outcome, Verdict
from lab.families import Shape
from lab.tables import Study, Tables
from sweeps import state_space_length as sweep

TRIALS, MOST_FALSE = 60, 6  # at 2.5 % each, seven or more of 60 have odds of 0.1 %
WINDOWS = (32, 128, 512)


def make_tables(effect: float, seeds: int, rng: np.random.Generator, diverged: str = "") -> Tables:
    """Losses and slopes of time apart by `effect` margins; another rate, tried by the first seed, is far worse."""
    cells = list(itertools.product(sweep.DIALS, WINDOWS, range(seeds), (0.02, 0.04)))
    rows = pd.DataFrame(cells, columns=["family", "window", "seed", "learning_rate"])
    rows = rows[rows["learning_rate"].eq(0.02) | rows["seed"].eq(0)].reset_index(drop=True)
    better = rows["family"].eq(sweep.STATE_SPACE) & rows["window"].eq(WINDOWS[-1])
    steeper = rows["family"].eq(sweep.ATTENTION)
    losses = 1.5 - 0.1 * effect * better + 0.05 * rng.standard_normal(len(rows)) + 9.0 * rows["learning_rate"].eq(0.04)
    seconds = 5.0 * rows["window"] ** (0.2 + 0.1 * effect * steeper) * np.exp(0.05 * rng.standard_normal(len(rows)))
    rows = rows.assign(
        run_key=[f"r{index}" for index in rows.index],
        source=sweep.SOURCE,
        status=np.where(rows["family"].eq(diverged), "diverged", "done"),
        tokens=1e6,
        loss_nats=losses,
        cpu_seconds=seconds,
    )
    return Tables(Study("recall", "state_space_length", "standard"), rows, pd.DataFrame())


def judge(effect: float, seeds: int, rng: np.random.Generator, diverged: str = "") -> list[Verdict]:
    return sweep.judge(make_tables(effect, seeds, rng, diverged))


@pytest.mark.parametrize("margins", [0.0, 1.0])
def test_nothing_and_the_smallest_effect_are_seldom_taken_for_more(margins: float) -> None:
    supported, rng = Counter[str](), open_stream(0, "lengths")
    for _ in range(TRIALS):
        supported.update(v.claim for v in judge(margins, 12, rng) if v.outcome is Outcome.SUPPORTED)
    assert max(supported.values(), default=0) <= MOST_FALSE, supported


@pytest.mark.parametrize(("sign", "outcome"), [(5.0, Outcome.SUPPORTED), (-5.0, Outcome.REVERSED)])
def test_a_plausible_effect_is_seen_with_its_sign(sign: float, outcome: Outcome) -> None:
    for verdict in judge(sign, 12, open_stream(1, "lengths")):
        assert verdict.outcome is outcome and verdict.estimate.n == 12, verdict
        assert verdict.estimate.value == pytest.approx(0.1 * sign, abs=0.06)


def test_few_seeds_and_missing_runs_are_underpowered() -> None:
    for verdict in judge(5.0, 11, open_stream(2, "lengths")):
        assert verdict.outcome is Outcome.UNDERPOWERED and "overnight" in verdict.reason
    reach, time = judge(5.0, 12, open_stream(2, "lengths"), diverged=sweep.RECURRENT)
    assert reach.outcome is Outcome.UNDERPOWERED and reach.estimate.n == 0 and time.outcome is Outcome.SUPPORTED


def test_the_rate_of_most_seeds_is_judged() -> None:
    rows = sweep.choose_runs(make_tables(0.0, 12, open_stream(3, "lengths")).runs)
    assert set(rows["learning_rate"]) == {0.02} and len(rows) == 3 * 3 * 12


def test_bodies_are_of_one_size() -> None:
    counts = [
        open_shelf("families").load(family)(width=sweep.WIDTHS[family], **dials).count_parameters(Shape(13, 32))["body"]
        for family, dials in sweep.DIALS.items()
    ]
    assert counts == pytest.approx([13_000] * 3, rel=0.1)
