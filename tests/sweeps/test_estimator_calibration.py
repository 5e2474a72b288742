"""The judge of the calibration sweep: false support, power, and what it makes of too little."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from lab.core.registry import open_shelf
from lab.core.seeds import open_stream
from lab.core.verdict import Outcome
from lab.tables import Tables
from sweeps.estimator_calibration import judge, presets
from tests.studies.estimators import LENGTHS, make_tables

CLAIMS = {"codes_above", "codes_fall", "plug_in_below", "block_decomposition_falls", "diverging_excess_grows"}
CODES = "deflate|kt"
TRIALS = 200
MOST_FALSE = 12  # at 2.5 % each, thirteen or more of 200 have odds of 0.2 %
KNOWN = ("bernoulli", "golden_mean", "even_process", "markov (symbols 4)", "periodic", "thue_morse")


def outcomes(**world: float) -> dict[str, Outcome]:
    return {v.claim: v.outcome for v in judge(make_tables(sources=KNOWN, **world))}  # type: ignore[arg-type]


def test_a_plausible_world_supports_every_claim() -> None:
    assert outcomes(scale=1.0, noise=0.3, seeds=12) == dict.fromkeys(CLAIMS, Outcome.SUPPORTED)


@cache
def make_small(scale: float, methods: str) -> Tables:
    """What is judged and no more, without luck: three sources, the shortest and the longest sequence."""
    tables = make_tables(scale, 0.0, 12, sources=("bernoulli", "golden_mean", "thue_morse"))
    runs = tables.runs[tables.runs["method"].str.contains(methods)]
    ends = tables.curves["length"].isin([LENGTHS[0], LENGTHS[-1]])
    return replace(tables, runs=runs, curves=tables.curves[ends & tables.curves["run_key"].isin(runs["run_key"])])


def count_support(scale: float, methods: str, noise: float = 0.3) -> Counter[str]:
    """How often each claim is supported; the sources of a seed have the same luck, as the lab's draws have."""
    plain, supported = make_small(scale, methods), Counter[str]()
    curves = plain.curves.merge(plain.runs[["run_key", "method", "seed"]], on="run_key")
    cell = curves.groupby(["method", "seed", "length"]).ngroup().to_numpy()
    rng = open_stream(0, "calibration")
    for _ in range(TRIALS):
        luck = noise * rng.standard_normal(cell.max() + 1)[cell] / np.sqrt(curves["length"])
        world = replace(
            plain, curves=curves[["run_key", "length"]].assign(estimate_bits=curves["estimate_bits"] + luck)
        )
        supported.update(v.claim for v in judge(world) if v.outcome is Outcome.SUPPORTED)
    return supported


def test_where_nothing_is_biased_chance_alone_is_no_support() -> None:
    supported = count_support(0.0, "kt|rate .*plug_in|decomposition|excess_entropy$")
    assert max(supported.values(), default=0) <= MOST_FALSE, supported


def test_a_reversed_world_is_said_to_be_one() -> None:
    assert outcomes(scale=-1.0, noise=0.1, seeds=12) == dict.fromkeys(CLAIMS, Outcome.REVERSED)


def test_an_effect_at_the_margin_is_not_supported() -> None:
    """The mean excess of the codes scaled to the margin itself: support then has odds of one in forty."""
    plain = {v.claim: v for v in judge(make_small(1.0, CODES))}["codes_above"]
    supported = count_support(plain.margin / plain.estimate.value, CODES)
    assert supported["codes_above"] <= MOST_FALSE, supported


@pytest.mark.parametrize("seeds", [2, 5, 11])
def test_few_seeds_are_underpowered(seeds: int) -> None:
    for verdict in judge(make_tables(seeds=seeds, sources=KNOWN[:2])):
        assert verdict.outcome is Outcome.UNDERPOWERED, verdict.claim
    assert f"needs 12 independent units, has {seeds}" in judge(make_tables(seeds=seeds))[0].reason


def test_one_seed_is_underpowered_and_says_what_to_run() -> None:
    for verdict in judge(make_tables(seeds=1)):
        assert verdict.outcome is Outcome.UNDERPOWERED
        assert "lab run estimator_calibration" in verdict.reason


@pytest.mark.parametrize("preset", list(presets))
def test_every_code_is_asked_and_every_estimator_of_a_known_quantity(preset: str) -> None:
    specs = presets[preset].list_specs()
    asked = {(spec.fields["method"]["shelf"], spec.fields["method"]["name"]) for spec in specs}
    assert {name for shelf, name in asked if shelf == "codes"} == set(open_shelf("codes").names())
    for shelf, name in asked - {("codes", name) for name in open_shelf("codes").names()}:
        assert open_shelf(shelf).load(name).quantity != "none", "what claims no truth has no bias"
