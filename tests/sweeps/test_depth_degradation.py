"""Degradation with depth: the four judges on nothing, the least effect and a plausible one; and what a preset asks."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from lab.analysis.comparisons.arms import describe_family
from lab.core.seeds import open_stream
from lab.core.verdict import Outcome, Verdict
from lab.tables import Study, Tables
from lab.tables.frames import tidy_runs
from sweeps import depth_degradation as sweep
from tests.sweeps.chance import TRIALS, bracket, count_support, find_most_false

LUCK = 0.01  # standard deviation of what one seed does to one arm
QUESTIONS = (sweep.DEGRADES, sweep.HOLDS, sweep.MENDS, sweep.FIRST)
BASE = 0.2


def make_tables(margins: float = 4.0, seeds: int = 12, rng_seed: int = 0, luck: float = LUCK) -> Tables:
    """Every claim holds by `margins` of its margins; the seed that chose the rates is far ahead of all others."""
    rng = open_stream(rng_seed, "depth")
    wins = {asked.claim: margins * asked.margin for asked in QUESTIONS}
    deep = BASE + wins["plain_degrades"]
    post = deep - wins["shortcuts_mend"]
    train = {
        ("plain", sweep.SHALLOW): BASE,
        ("plain", sweep.DEEP): deep,
        ("post", sweep.SHALLOW): post - sweep.ALLOWED + wins["residual_holds"],
        ("post", sweep.DEEP): post,
    }
    test = {("pre", sweep.DEEP): BASE - wins["norms_first"]}
    rows = []
    for kind in sweep.KINDS:
        for depth in (8, sweep.SHALLOW, sweep.DEEP):
            known = describe_family(sweep.presets["standard"].make_family(kind, depth), "classifiers")
            for seed in range(seeds + 1):
                chose = seed == sweep.CHOOSING_SEED
                errors = (
                    mean.get((kind, depth), BASE) + luck * rng.standard_normal() - 0.1 * chose for mean in (train, test)
                )
                row = dict(zip(("train_error", "test_error"), errors, strict=True))
                for rate in (0.1, 0.4)[: 1 + chose]:
                    key = f"{kind}-{depth}-{seed}-{rate}"
                    told = {"run_key": key, "trunk_key": key, "source": "digits", "optimizer": "sgd", "status": "done"}
                    sizes = {"layers": depth, "params_total": depth * 500, "tokens": 12_800, "learning_rate": rate}
                    loss = {"loss_nats": row["test_error"] + 2 + rate, "fitted_nats": row["train_error"] + 2}
                    rows.append({**told, **known, **sizes, **row, **loss, "seed": seed, "stage": "grid"})
    return Tables(Study("depth_degradation-standard", "depth_degradation", "standard"), tidy_runs(pd.DataFrame(rows)),
                  pd.DataFrame())  # fmt: skip


def judge(tables: Tables) -> dict[str, Verdict]:
    return {verdict.claim: verdict for verdict in sweep.judge(tables)}


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.claim)
def test_nothing_and_the_smallest_effect_are_support_one_time_in_forty(question: object) -> None:
    assert count_support(question, np.sqrt(2) * LUCK) <= find_most_false(TRIALS)  # type: ignore[arg-type]


@pytest.mark.parametrize("margins", [0.0, 1.0])
def test_the_interval_is_students_of_the_differences_without_the_seed_that_chose(margins: float) -> None:
    tables = make_tables(margins)
    runs = tables.runs[tables.runs["seed"].ne(0)]
    error = {
        column: runs.assign(kind=runs["run_key"].str.split("-").str[0]).pivot_table(column, "seed", ["kind", "layers"])
        for column in ("train_error", "test_error")
    }
    train, test = error["train_error"], error["test_error"]
    expected = {
        "plain_degrades": train["plain"][56] - train["plain"][20],
        "residual_holds": 0.02 - (train["post"][56] - train["post"][20]),
        "shortcuts_mend": train["plain"][56] - train["post"][56],
        "norms_first": test["post"][56] - test["pre"][56],
    }
    verdicts = judge(tables)
    assert verdicts.keys() == expected.keys()
    for claim, verdict in verdicts.items():
        found = verdict.estimate
        assert (found.value, found.low, found.high) == pytest.approx(bracket(list(expected[claim])))
        assert (found.n, found.unit, found.level) == (12, "", 0.95) and len(verdict.run_keys) == 24


def test_a_plausible_effect_is_supported_and_its_opposite_reversed() -> None:
    for margins, outcome in ((6.0, Outcome.SUPPORTED), (-6.0, Outcome.REVERSED)):
        assert {verdict.outcome for verdict in judge(make_tables(margins, luck=0.003)).values()} == {outcome}


@pytest.mark.parametrize("seeds", [1, 11])
def test_few_seeds_are_underpowered(seeds: int) -> None:
    for verdict in judge(make_tables(4.0, seeds)).values():
        assert verdict.outcome is Outcome.UNDERPOWERED and "lab run" in verdict.reason


def test_other_widths_are_not_mixed_in() -> None:
    tables = make_tables()
    narrow = tables.runs.assign(size=4.0, train_error=0.9, run_key="narrow-" + tables.runs["run_key"])
    mixed = replace(tables, runs=pd.concat([tables.runs, narrow], ignore_index=True))
    assert [v.to_dict() for v in sweep.judge(mixed)] == [v.to_dict() for v in sweep.judge(tables)]


def test_every_arm_chooses_its_own_rate_and_the_judge_knows_it_by_its_columns() -> None:
    plan = sweep.presets["standard"]
    first = sweep.specs("standard", pd.DataFrame())
    assert len(first) == 3 * 3 * len(plan.rates) and {spec.fields["seed"] for spec in first} == {0}
    best = {"plain_convnet": 0.025, "resnet": 0.1}
    table = pd.DataFrame(
        {
            "run_key": spec.key,
            "status": "done",
            "loss_nats": float(spec.fields["learning_rate"] != best[spec.fields["family"]["name"]]),
        }
        for spec in first
    )
    grid = [spec for spec in sweep.specs("standard", table) if spec.stage == "grid"]
    assert len(grid) == 9 * 12 and not {spec.key for spec in grid} & {spec.key for spec in first}
    for spec in grid:
        assert spec.fields["learning_rate"] == best[spec.fields["family"]["name"]]
        assert describe_family(spec.fields["family"], "classifiers").items() <= spec.describe().items()
    sizes = {tuple(spec.describe()[c] for c in ("layers", "params_total")) for spec in grid}
    assert len(sizes) == 3, "at a depth all three kinds have the same parameters"
