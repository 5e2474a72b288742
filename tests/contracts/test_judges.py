"""The contract of a judge: evidence it has not got is no support, and neither is chance."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from lab.core.registry import open_shelf
from lab.core.verdict import Outcome, Verdict
from lab.tables import Study, Tables
from sweeps import suggest_next
from tests.sweeps.nulls import NULLS
from tests.synthetic import make_tables

EVERY = pytest.mark.parametrize("name", open_shelf("sweeps").names())
FLAT = {"E": 0.9, "A": 0.0, "alpha": 0.4, "B": 0.0, "beta": 0.5}  # nothing scales: every claim of scaling is false
FLOOR = 0.7  # nats, below E of the synthetic surfaces: no fit of theirs should contain it
DRAWN_ELSEWHERE = ("epiplexity",)  # on measured rows, tests/sweeps/test_learned_structure.py
TRIALS, MOST_FALSE = 8, 1  # at 2.5 % each, two or more of eight have odds of 1.6 %


def judge(name: str, tables: Tables) -> list[Verdict]:
    study = replace(tables.study, name=f"{name}-standard", sweep=name)
    verdicts: list[Verdict] = open_shelf("sweeps").load(name).judge(replace(tables, study=study))
    return verdicts


@EVERY
def test_every_verdict_carries_its_evidence(name: str) -> None:
    tables = make_tables(floor_nats=FLOOR)
    verdicts = judge(name, tables)
    assert verdicts
    assert len({v.claim for v in verdicts}) == len(verdicts)
    for verdict in verdicts:
        assert verdict.margin > 0
        assert verdict.statement and verdict.published and verdict.unit_of_evidence
        assert re.search(r"\b(1[89]|20)\d\d\b", verdict.citation)
        assert set(verdict.run_keys) <= set(tables.runs["run_key"])
        assert verdict.run_keys or verdict.outcome is Outcome.UNDERPOWERED


@EVERY
@pytest.mark.parametrize("seeds", [(0,), ()], ids=["one trunk", "no run"])
def test_small_tables_are_underpowered_and_say_what_to_run(name: str, seeds: tuple[int, ...]) -> None:
    small = make_tables(widths=(16,), horizons=(500_000, 1_000_000), rates=(0.02,), floor_nats=FLOOR)
    kept = small.runs["seed"].isin(seeds)
    keys = small.runs["run_key"][kept]
    tables = Tables(small.study, small.runs[kept], small.curves[small.curves["run_key"].isin(keys)])
    for verdict in judge(name, tables):
        assert verdict.outcome is Outcome.UNDERPOWERED, verdict.claim
        assert verdict.reason, verdict.claim


@EVERY
def test_the_next_step_is_beyond_what_was_judged(name: str) -> None:
    sweep = open_shelf("sweeps").load(name)
    presets = list(sweep.presets)
    few = make_tables(widths=(16,), horizons=(500_000, 1_000_000), rates=(0.02,), floor_nats=FLOOR)
    for preset, following in zip(presets, [*presets[1:], "more seeds"], strict=True):
        judged = replace(few, study=Study(f"{name}-{preset}", name, preset))
        assert following in suggest_next(judged, name, presets)
        for verdict in sweep.judge(judged):
            assert f"--preset {preset}" not in verdict.reason, verdict.claim
    imported = replace(few, study=Study("mine"))
    assert [*presets, "more seeds"][1] in suggest_next(imported, name, presets)


@EVERY
def test_chance_alone_is_no_support(name: str) -> None:
    """Where no claim of direction is true, none is supported more often than one time in forty; some have intervals."""
    supported: dict[str, int] = {}
    intervals = 0
    draw = NULLS.get(name, lambda seed: make_tables(surface=FLAT, floor_nats=FLOOR, rng_seed=seed))
    for trial in range(TRIALS):
        for verdict in judge(name, draw(trial)):
            intervals += verdict.estimate.has_interval
            supported[verdict.claim] = supported.get(verdict.claim, 0) + (verdict.outcome is Outcome.SUPPORTED)
    assert max(supported.values()) <= MOST_FALSE, supported
    assert intervals or name in DRAWN_ELSEWHERE, "a judge that could not have said yes is not tested"


@EVERY
def test_the_same_tables_get_the_same_verdict(name: str) -> None:
    tables = make_tables(floor_nats=FLOOR)
    assert [v.to_dict() for v in judge(name, tables)] == [v.to_dict() for v in judge(name, tables)]
