"""The judges of the studies of description length: supported where it is so, and not by chance."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from lab.core.registry import open_shelf
from lab.core.verdict import Outcome, Verdict
from lab.tables import Tables
from tests.studies.mdl import make_tables

TRIALS, MOST_FALSE = 10, 2  # at 2.5 % each, three or more of ten have odds of 0.2 %


def judge(name: str, tables: Tables) -> dict[str, Verdict]:
    return {v.claim: v for v in open_shelf("sweeps").load(name).judge(tables)}


@cache
def make_often(**effects: float) -> list[Tables]:
    return [make_tables(rng_seed=trial, **effects) for trial in range(TRIALS)]  # type: ignore[arg-type]


def test_half_a_bit_per_parameter_is_supported_and_another_slope_is_not() -> None:
    right, wrong = judge("mdl_tutorial", make_tables()), judge("mdl_tutorial", make_tables(slope=0.65))
    for claim in (c for c in right if c.startswith("regret_slope")):
        assert right[claim].outcome is Outcome.SUPPORTED, claim
        assert right[claim].estimate.contains(0.5) or abs(right[claim].estimate.value - 0.5) < 0.02
        assert wrong[claim].outcome is Outcome.NOT_SUPPORTED, claim
        assert right[claim].run_keys


@pytest.mark.parametrize(
    ("name", "claim", "absent", "least", "plain"),
    [
        ("mdl_tutorial", "true_order_bayes_jeffreys", {"lead": 0.0}, {"lead": 4.3}, {"lead": 12.0}),
        ("noisy_weights", "interior_minimum", {"rise": 0.0}, {"rise": 0.095}, {"rise": 0.6}),
        ("noisy_weights", "variational_longer", {"longer": 0.0}, {"longer": 0.05}, {"longer": 1.0}),
        ("label_codes", "variational_poor", {"longer": 0.0}, {"longer": 0.05}, {"longer": 0.3}),
        ("label_codes", "switching_shortens", {"longer": 0.0}, {"longer": 0.05}, {"longer": 0.3}),
        ("label_codes", "variational_poor_net", {"longer": 0.0}, {"longer": 0.05}, {"longer": 0.3}),
        ("label_codes", "switching_shortens_net", {"longer": 0.0}, {"longer": 0.05}, {"longer": 0.3}),
    ],
)
def test_nothing_and_too_little_are_no_support(
    name: str, claim: str, absent: dict[str, float], least: dict[str, float], plain: dict[str, float]
) -> None:
    lengths = {} if name == "mdl_tutorial" else {"lengths": 1}
    for effect in (absent | lengths, least | lengths):
        supported = sum(judge(name, tables)[claim].outcome is Outcome.SUPPORTED for tables in make_often(**effect))
        assert supported <= MOST_FALSE, (claim, effect, supported)
    assert judge(name, make_tables(**plain))[claim].outcome is Outcome.SUPPORTED  # type: ignore[arg-type]


@pytest.mark.parametrize("effect", [0.0, 0.05])
def test_labels_within_the_margin_are_supported_in_one_study_of_forty(effect: float) -> None:
    """Every claim over 200 studies of 12 orders; switching gains a fifth of `effect`, as its margin is a fifth."""
    rng, supported = np.random.default_rng(0), Counter[str]()
    plain, studies = make_tables(longer=effect, lengths=1), 200
    own = replace(plain, runs=plain.runs[plain.runs["uniform_bits"].notna()])
    block = own.runs["prequential_block_bits"]
    for _ in range(studies):
        luck = rng.normal(0, (30.0, 7.5), (len(block), 2))
        bits = {
            "variational_bits": block + 1500 * effect + luck[:, 0],
            "switch_bits": block - 300 * effect + luck[:, 1],
        }
        verdicts = judge("label_codes", replace(own, runs=own.runs.assign(**bits)))
        supported.update(claim for claim, verdict in verdicts.items() if verdict.outcome is Outcome.SUPPORTED)
    assert max(supported.values(), default=0) <= 12, supported  # thirteen or more have odds of 0.2 %


def test_each_model_of_labels_is_judged_by_its_own_runs() -> None:
    tables = make_tables(longer=0.3)
    runs = tables.runs
    nets = (runs["model"] == "net") & runs["uniform_bits"].notna()
    equal = runs["variational_bits"].mask(nets, runs["prequential_block_bits"])
    verdicts = judge("label_codes", replace(tables, runs=runs.assign(variational_bits=equal)))
    assert verdicts["variational_poor"].outcome is Outcome.SUPPORTED
    assert verdicts["variational_poor_net"].outcome is Outcome.NOT_SUPPORTED
    assert set(verdicts["variational_poor_net"].run_keys) == set(runs.loc[nets, "run_key"])


def test_runs_that_name_no_model_are_of_the_logistic_regression() -> None:
    tables = make_tables(longer=0.3)
    logistic = tables.runs[tables.runs["model"] != "net"].drop(columns="model")
    verdicts = judge("label_codes", replace(tables, runs=logistic))
    assert verdicts["variational_poor"].outcome is Outcome.SUPPORTED
    assert verdicts["variational_poor_net"].outcome is Outcome.UNDERPOWERED


@pytest.mark.parametrize("seeds", [2, 11])
@pytest.mark.parametrize("name", ["mdl_tutorial", "noisy_weights", "label_codes"])
def test_few_seeds_are_underpowered(name: str, seeds: int) -> None:
    for verdict in judge(name, make_tables(seeds=seeds)).values():
        assert verdict.outcome is Outcome.UNDERPOWERED
        assert f"needs 12 independent units, has {seeds}" in verdict.reason


@pytest.mark.parametrize("name", ["mdl_tutorial", "noisy_weights", "label_codes"])
def test_one_seed_is_underpowered(name: str) -> None:
    for verdict in judge(name, make_tables(seeds=1)).values():
        assert verdict.outcome is Outcome.UNDERPOWERED
        assert "lab run" in verdict.reason
