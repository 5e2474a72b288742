"""The judge of the length of a delay: nothing, the least effect, a plausible one, few seeds, and the rate it reads."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from lab.core.registry import open_shelf
from lab.core.seeds import open_stream
from lab.core.verdict import Outcome, Verdict
from lab.families import Shape
from lab.tables import Study, Tables
from sweeps import Question
from sweeps import state_space_length as sweep
from tests.sweeps.chance import TRIALS, bracket, count_support, find_most_false

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


@pytest.mark.parametrize(("question", "spread"), [(sweep.REACH, 0.07), (sweep.TIME, 0.04)])
def test_nothing_and_the_smallest_effect_are_support_one_time_in_forty(question: Question, spread: float) -> None:
    """By the interval that the next test finds in the verdicts."""
    assert count_support(question, spread) <= find_most_false(TRIALS)


@pytest.mark.parametrize("margins", [0.0, 1.0])
def test_the_interval_is_students_of_the_differences(margins: float) -> None:
    tables = make_tables(margins, 12, open_stream(0, "lengths"))
    runs = tables.runs[tables.runs["learning_rate"].eq(0.02)].sort_values(["family", "window", "seed"])
    shape = (3, len(WINDOWS), 12)  # lstm, s4d, transformer
    lstm, s4d, _ = runs["loss_nats"].to_numpy().reshape(shape)
    _, quick, slow = np.log(runs["cpu_seconds"].to_numpy()).reshape(shape)
    differences = lstm[-1] - s4d[-1], np.polyfit(np.log(WINDOWS), slow - quick, 1)[0]
    for verdict, values in zip(sweep.judge(tables), differences, strict=True):
        found = verdict.estimate
        assert (found.value, found.low, found.high) == pytest.approx(bracket(list(values)))


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
    rows = sweep.select_cells(make_tables(0.0, 12, open_stream(3, "lengths")))
    assert set(rows["learning_rate"]) == {0.02} and len(rows) == 3 * 3 * 12


def test_a_tie_between_rates_is_settled_by_the_loss_in_each_cell() -> None:
    """One seed at two rates: the worse rate, whichever stands first, is no part of the arm; nor are two rates mixed."""
    tables = make_tables(0.0, 1, open_stream(3, "lengths"))
    for runs in (tables.runs, tables.runs.iloc[::-1]):
        rows = sweep.select_cells(replace(tables, runs=runs))
        assert set(rows["learning_rate"]) == {0.02} and len(rows) == 3 * 3


def test_bodies_are_of_one_size() -> None:
    counts = [
        open_shelf("families").load(family)(width=sweep.WIDTHS[family], **dials).count_parameters(Shape(13, 32))["body"]
        for family, dials in sweep.DIALS.items()
    ]
    assert counts == pytest.approx([13_000] * 3, rel=0.1)
