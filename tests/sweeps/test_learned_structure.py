"""The judges of structure along training and of epiplexity: nothing, the least effect, a plausible one, few seeds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from lab.analysis.complexity.code_lengths import measure_runs
from lab.core.seeds import open_stream
from lab.core.verdict import Outcome, Verdict
from lab.tables import Study, Tables
from sweeps import epiplexity, training_complexity
from tests.studies.epiplexity import make_tables

TRIALS = 200
MOST_FALSE = 12  # at 2.5 % each, thirteen or more of 200 have odds of 0.2 %
TOKENS = 1000.0


def make_portraits(effect: float, seeds: int, rng: np.random.Generator, stale: float = 0.0) -> Tables:
    """Shares of the shuffled length about 0.5: the untrained net's is `effect` above the end, the middle's below it.

    The last point of the curve, which is not the end, is off by `stale`.
    """
    keys = [f"{source}{seed}" for seed in range(seeds) for source in "ab"]
    end = 0.5 + 0.05 * rng.standard_normal(len(keys))
    untrained = end + effect + 0.03 * rng.standard_normal(len(keys))
    middle = end - effect + 0.03 * rng.standard_normal(len(keys))
    runs = {"run_key": keys, "seed": np.repeat(np.arange(seeds), 2), "status": "done"}
    told = {"activations_null_bits": 1.0, "activations_untrained_null_bits": 1.0}
    along = np.stack([end + 0.2, middle, end + stale], axis=1).ravel()
    portraits = pd.DataFrame({"run_key": np.repeat(keys, 3), "tokens": np.tile([1.0, 10.0, 100.0], len(keys))})
    return Tables(
        Study("portraits", "training_complexity"),
        pd.DataFrame({**runs, **told, "activations_bits": end, "activations_untrained_bits": untrained}),
        portraits.assign(**told, activations_bits=along, activations_untrained_bits=np.repeat(untrained, 3)),
    )


def judge_portraits(effect: float, seeds: int, rng: np.random.Generator, stale: float = 0.0) -> list[Verdict]:
    return training_complexity.judge(make_portraits(effect, seeds, rng, stale))


def judge_lengths(effect: float, seeds: int, rng: np.random.Generator, lost: int = 0) -> list[Verdict]:
    """`effect` in the margins of either claim: the logarithm of area over requential length, and bits per token."""
    sources = [source["name"] for source in epiplexity.SOURCES]
    rows = pd.DataFrame([(seed, source) for seed in range(seeds) for source in sources], columns=["seed", "source"])
    text = rows["source"].eq(epiplexity.TEXT)
    luck = 0.3 * rng.standard_normal(len(rows))
    bits = TOKENS * (0.5 + np.where(text, 0.01 * effect, 0.0) + 0.005 * rng.standard_normal(len(rows)))
    area = bits * np.exp(np.log(2) * effect + luck)
    rows = rows.assign(tokens=TOKENS, requential_bits=bits, area_bits=area, run_key=[f"r{k}" for k in rows.index])
    rows.loc[rows.index[:lost], "area_bits"] = -3.0
    return epiplexity.judge_lengths(
        pd.concat([rows, draw_rules(effect, seeds, rng)], ignore_index=True), "lab run epiplexity"
    )


def draw_rules(effect: float, seeds: int, rng: np.random.Generator) -> pd.DataFrame:
    """Areas alone, of rule 54 and rule 30."""
    rows = pd.DataFrame([(s, label) for s in range(seeds) for label in epiplexity.LABELS], columns=["seed", "source"])
    structured = rows["source"].eq(epiplexity.LABELS[0])
    area = TOKENS * (np.where(structured, 0.002 * effect, 0.0) + 0.001 * rng.standard_normal(len(rows)))
    return rows.assign(tokens=TOKENS, area_bits=area, run_key=[f"a{k}" for k in rows.index])


Judge = Callable[[float, int, np.random.Generator], list[Verdict]]
BOTH = pytest.mark.parametrize(("judge", "margin"), [(judge_portraits, 0.02), (judge_lengths, 1.0)])


@BOTH
@pytest.mark.parametrize("margins", [0.0, 1.0])
def test_nothing_and_the_smallest_effect_are_seldom_taken_for_more(judge: Judge, margin: float, margins: float) -> None:
    supported, rng = Counter[str](), open_stream(0, "structure")
    for _ in range(TRIALS):
        supported.update(v.claim for v in judge(margins * margin, 12, rng) if v.outcome is Outcome.SUPPORTED)
    assert max(supported.values(), default=0) <= MOST_FALSE, supported


@BOTH
def test_a_plausible_effect_is_supported_and_its_opposite_reversed(judge: Judge, margin: float) -> None:
    for sign, outcome in ((5.0, Outcome.SUPPORTED), (-5.0, Outcome.REVERSED)):
        for verdict in judge(sign * margin, 12, open_stream(1, "structure")):
            assert verdict.outcome is outcome and verdict.estimate.n == 12 and verdict.run_keys, verdict


@BOTH
@pytest.mark.parametrize("seeds", range(2, 12))
def test_few_seeds_are_underpowered(judge: Judge, margin: float, seeds: int) -> None:
    for verdict in judge(5 * margin, seeds, open_stream(2, "structure")):
        assert verdict.outcome is Outcome.UNDERPOWERED
        assert f"needs 12 independent units, has {seeds}" in verdict.reason and "lab run" in verdict.reason


def test_the_end_is_the_finished_nets_and_not_the_curves_last_point() -> None:
    fresh, stale = (judge_portraits(0.1, 12, open_stream(3, "structure"), stale) for stale in (0.0, 0.5))
    assert [v.estimate for v in fresh] == [v.estimate for v in stale]


def test_no_run_is_left_out_by_its_area() -> None:
    ratio, *_ = judge_lengths(5.0, 12, open_stream(4, "structure"), lost=2)
    assert ratio.outcome is Outcome.UNDERPOWERED and "2 of 36 runs have no area" in ratio.reason


def test_the_lengths_judged_are_those_of_the_curves() -> None:
    tables = make_tables()
    runs = tables.runs.assign(source="bytes_text")
    ratio, pair, rules = epiplexity.judge(replace(tables, runs=runs))
    rows = measure_runs(tables).rows
    logs = np.log(rows["area_bits"] / rows["requential_bits"]).groupby(rows["seed"]).mean()
    assert ratio.estimate.n == 3 and ratio.estimate.value == pytest.approx(logs.mean())
    assert pair.outcome is rules.outcome is Outcome.UNDERPOWERED
