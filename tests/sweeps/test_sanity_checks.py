"""Sanity checks: the judges on nets that fail and on nets that pass, and what a basin is counted from."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest

from lab.core.seeds import open_stream
from lab.core.verdict import Outcome, Verdict
from lab.runs.spec import RunSpec
from lab.tables import Study, Tables
from lab.tables.frames import tidy_runs
from sweeps import sanity_checks as sweep
from tests.sweeps.chance import TRIALS, bracket, count_support, find_most_false

CHANCE = math.log(10)
DIRECTIONS = (sweep.OVERFITS, sweep.GRADIENT, sweep.WIDER)


def make_tables(
    gap: float = 0.0, saved: float = 0.99, digits: float = 7.0, wider: int = 2, seeds: int = 12, rng_seed: int = 0
) -> Tables:
    """Worst families of these gaps, shares and digits; with norms `wider` rates of a net train on average."""
    rng, rows = open_stream(rng_seed, "sanity"), list[dict[str, Any]]()

    def add(spec: RunSpec, status: str = "done", **metrics: float) -> None:
        rows.append({**spec.describe(), "run_key": spec.key, "trunk_key": spec.key, "status": status,
                     "stage": "grid", **metrics})  # fmt: skip

    plan = sweep.Plan(("digits",), seeds, 150, 100, sweep.RATES)
    first = len(sweep.FAMILIES) * seeds
    for place, spec in enumerate(plan.list_specs()[:first]):
        worst, luck = place % len(sweep.FAMILIES) == 2, 0.002 * rng.standard_normal()
        start = CHANCE + (gap + luck if worst else 0.0)
        kept = 1 - (min(saved + luck, 1.0) if worst else 1.0)
        error = 10.0 ** -(digits + 50 * luck if worst else 10.0)
        add(spec, start_nats=start, batch_nats=kept * start, gradient_error=error)
    trains: dict[tuple[Any, str], int] = {}
    for spec in plan.list_specs()[first:]:
        norm = spec.fields["family"].get("norm", "batch")
        arm = spec.fields["seed"], norm
        best = trains.setdefault(arm, 3 + int(rng.integers(-1, 2)) + (wider if norm == "batch" else 0))
        place = sweep.RATES.index(spec.fields["learning_rate"])
        lost = place > 5 and norm == "none"
        error = {} if lost else {"train_error": 0.02 if place < best else 0.8, "test_error": 0.1, "loss_nats": 1.0}
        add(spec, "diverged" if lost else "done", **error)
    return Tables(Study("sanity_checks-standard", "sanity_checks", "standard"), tidy_runs(pd.DataFrame(rows)),
                  pd.DataFrame())  # fmt: skip


def judge(tables: Tables) -> dict[str, Verdict]:
    return {verdict.claim: verdict for verdict in sweep.judge(tables)}


@pytest.mark.parametrize("question", DIRECTIONS, ids=lambda question: question.claim)
def test_nothing_and_the_smallest_effect_are_support_one_time_in_forty(question: Any) -> None:
    assert count_support(question, 0.5) <= find_most_false(TRIALS)


def test_nets_that_pass_are_supported_by_their_worst_family() -> None:
    verdicts = judge(make_tables())
    assert {verdict.outcome for verdict in verdicts.values()} == {Outcome.SUPPORTED}
    assert verdicts["overfits_a_batch"].estimate.value == pytest.approx(0.99, abs=0.002)
    assert verdicts["gradients_agree"].estimate.value == pytest.approx(7, abs=0.1)
    assert len(verdicts["starts_at_chance"].run_keys) == 12 * len(sweep.FAMILIES)


def test_nets_that_fail_are_not() -> None:
    for verdict in judge(make_tables(gap=-0.5, saved=0.5, digits=2.0, wider=-2)).values():
        assert verdict.outcome in (Outcome.NOT_SUPPORTED, Outcome.REVERSED), verdict


def test_octaves_are_counted_from_the_rates_that_train() -> None:
    tables = make_tables(wider=1)
    wider, rows = sweep.measure_basins(tables.runs)
    trained = rows.assign(good=rows["train_error"] < 0.1).pivot_table("good", "seed", "dials", aggfunc="sum")
    expected = 2.0 * (trained[""] - trained["norm none"])
    np.testing.assert_array_equal(wider.to_numpy(), expected.to_numpy(float))
    found = judge(tables)["norms_widen_basin"].estimate
    assert (found.value, found.low, found.high) == pytest.approx(bracket(list(expected)))
    assert rows["status"].eq("diverged").any(), "a rate that diverged counts as one that did not train"
    short = rows.drop(rows[rows["seed"].eq(3)].index[0])
    assert 3 not in sweep.measure_basins(short)[0].index, "a seed that misses a rate has no count"


def test_few_seeds_are_underpowered() -> None:
    for verdict in judge(make_tables(seeds=11)).values():
        assert verdict.outcome is Outcome.UNDERPOWERED and "lab run" in verdict.reason
