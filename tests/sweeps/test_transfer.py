"""The judge of transfer: orders that are alike, at the margin and turned round; what has no order says so."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.stats import kendalltau

from lab.analysis.comparisons.architectures import Cells
from lab.analysis.comparisons.transfer import bound_disorder, collect_transfers
from lab.core.seeds import open_stream
from lab.core.verdict import Outcome, Verdict, judge_direction
from lab.runs.spec import RunSpec
from lab.tables import Tables
from sweeps import transfer as sweep
from tests.studies.transfer import AFTER, TARGETS, UPSTREAM, make_tables
from tests.sweeps.chance import find_most_false

TRIALS = 100
NAMES = ("a", "b", "c", "d")
EVEN = dict.fromkeys(NAMES, 0.0)
SPACED = {"a": 0.0, "b": 0.1, "c": 0.2, "d": 0.3}
NOISE = 0.01


def draw(
    offsets: dict[str, float], rng: np.random.Generator, noise: float = NOISE, levels: int = 3
) -> dict[str, Cells]:
    return {name: Cells(offset + noise * rng.standard_normal((levels, 7))) for name, offset in offsets.items()}


@pytest.mark.parametrize(
    ("upstream", "after", "noise"),
    [
        (EVEN, EVEN, NOISE),
        (SPACED, EVEN, NOISE),
        (SPACED, {name: 0.05 * place for name, place in SPACED.items()}, NOISE),
        (SPACED, SPACED, 10 * NOISE),
    ],
    ids=["all alike", "alike after", "nearly alike after", "noisy after"],
)
def test_noise_alone_is_no_disorder(upstream: dict[str, float], after: dict[str, float], noise: float) -> None:
    """1 − τ of noisy losses is above 0 by itself; of the truth it is 0, or, for equal losses, nothing to speak of."""
    supported, seen, rng = 0, 0.0, open_stream(0, "transfer")
    for _ in range(TRIALS):
        found = bound_disorder(draw(upstream, rng), {"one": draw(after, rng, noise)})
        assert found.low <= found.value <= found.high
        supported += judge_direction(found, sweep.ORDER.margin) is Outcome.SUPPORTED
        seen += found.value / TRIALS
    assert supported <= find_most_false(TRIALS)
    assert seen > 0.03 or noise == NOISE, "the plain estimate would have said so"


def test_a_share_of_pairs_at_the_margin_is_support_one_time_in_forty() -> None:
    """Two families of five turned round at one level of two: 1 − τ is 2/20, the margin."""
    names = (*NAMES, "e")
    upstream, supported, rng = {name: 0.1 * place for place, name in enumerate(names)}, 0, open_stream(1, "transfer")
    for _ in range(TRIALS):
        after = draw(upstream, rng, levels=2)
        after["d"].table[0], after["e"].table[0] = after["e"].table[0].copy(), after["d"].table[0].copy()
        found = bound_disorder(draw(upstream, rng, levels=2), {"one": after})
        assert found.value == pytest.approx(sweep.ORDER.margin)
        supported += judge_direction(found, sweep.ORDER.margin + 1e-12) is Outcome.SUPPORTED
    assert supported <= find_most_false(TRIALS)


def test_the_estimate_is_kendalls_and_its_interval_holds_what_is_open() -> None:
    rng = open_stream(2, "transfer")
    after = {"a": 0.3, "b": 0.1, "c": 0.1001, "d": 0.0}
    upstream, targets = draw(SPACED, rng), {"one": draw(after, rng), "other": draw(SPACED, rng)}
    found = bound_disorder(upstream, targets)
    taus = [
        kendalltau(*([own[name].drop_seed(0).means[at] for name in NAMES] for own in (upstream, target))).statistic
        for target in targets.values()
        for at in range(3)
    ]
    assert found.value == pytest.approx(1 - np.mean(taus))
    assert found.low == pytest.approx(2 * 5 / 12) and found.high == pytest.approx(2 * 6 / 12)  # one pair is open
    assert found.n == 4 * 3 * 6 and "54 comparisons" in found.method


def judge(tables: Tables) -> dict[str, Verdict]:
    return {verdict.claim: verdict for verdict in sweep.judge(tables)}


def test_an_order_turned_round_is_found_and_one_that_is_kept_is_not() -> None:
    turned, kept = judge(make_tables()), judge(make_tables(after=UPSTREAM))
    claim = sweep.ORDER.claim
    assert turned[claim].outcome is Outcome.SUPPORTED and turned[claim].estimate.value == pytest.approx(1.0)
    assert kept[claim].outcome is Outcome.NOT_SUPPORTED and kept[claim].estimate.value == 0.0
    assert len(turned[claim].run_keys) == 4 * 3 * 7 * 2


def test_slopes_and_crossings_after_transfer_are_found() -> None:
    slopes = {"transformer": 0.3, "lstm": 0.0, "causal_conv": 0.1, "mlp_mixer": 0.1}
    even = dict.fromkeys(UPSTREAM, 0.0)
    found = judge(make_tables(after=even, slopes=slopes))
    for claim in (sweep.SLOPES.claim, sweep.RANKS.claim):
        assert found[claim].outcome is Outcome.SUPPORTED, found[claim]
    assert "lstm when small, transformer when large" in found[sweep.RANKS.claim].estimate.name
    assert found[sweep.SLOPES.claim].estimate.contains(0.3)
    alike = judge(make_tables(after=AFTER))
    assert all(alike[claim].outcome is not Outcome.SUPPORTED for claim in (sweep.SLOPES.claim, sweep.RANKS.claim))


@pytest.mark.parametrize("seeds", [1, 2])
def test_too_few_seeds_are_underpowered(seeds: int) -> None:
    for verdict in sweep.judge(make_tables(seeds=seeds)):
        assert verdict.outcome is Outcome.UNDERPOWERED and "overnight" in verdict.reason, verdict.claim


def test_a_family_that_a_target_lacks_and_runs_of_the_search_take_no_part() -> None:
    tables = make_tables()
    runs = tables.runs
    searched = runs[runs["source"].eq(TARGETS[0])].assign(upstream_nats=np.nan, source="bytes_text", loss_nats=0.1)
    lacking = runs[~(runs["family"].eq("lstm") & runs["source"].eq(TARGETS[1]))]
    both = replace(tables, runs=pd.concat([lacking, searched], ignore_index=True))
    found = collect_transfers(both)
    assert sorted(found.upstream) == ["causal_conv", "mlp_mixer", "transformer"]
    assert set(found.targets) == set(TARGETS) and set(found.rows["source"]) == set(TARGETS)


def test_the_search_comes_first_and_its_rate_is_that_of_all_that_follows() -> None:
    plan = sweep.presets["standard"]
    first = plan.list_specs(pd.DataFrame())
    assert {spec.runner for spec in first} == {"train"} and len(first) == 6 * 3 * 3
    table = pd.DataFrame(
        {"run_key": spec.key, "status": "done", "loss_nats": abs(np.log2(spec.fields["learning_rate"] / 0.02))}
        for spec in first
    )
    tuned = [spec for spec in plan.list_specs(table) if spec.runner == "transfer"]
    assert len(tuned) == 6 * 3 * 7 * 2 and {spec.fields["learning_rate"] for spec in tuned} == {0.02}
    parents = {RunSpec("train", {**first[0].fields, "seed": 0, "learning_rate": 0.02}).key}
    assert parents <= {str(spec.describe()["parent"]) for spec in tuned[:2]}
