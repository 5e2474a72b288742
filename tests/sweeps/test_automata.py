"""The judges of the automata on synthetic tables: nothing, the smallest effect that matters, and a plausible one."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from lab.analysis.complexity.automata import Hump
from lab.core.registry import open_shelf
from lab.core.verdict import Outcome, Verdict
from lab.tables import Tables
from tests.studies.automata import make_tables

TRIALS, MOST_FALSE = 20, 2  # at 2.5 % each, three or more of twenty have odds of 1.3 %


def judge(sweep: str, tables: Tables) -> dict[str, Verdict]:
    return {verdict.claim: verdict for verdict in open_shelf("sweeps").load(sweep).judge(tables)}


EXCESSES = {"interacting": ("interacting", "complexity"), "stirred": ("sine_shear", "adjusted")}


def count_support(excess: float, **changes: Any) -> Counter[str]:
    """How often the questions of the excess are answered yes."""
    sweep, supported = open_shelf("sweeps").load("coffee_automaton"), Counter[str]()
    for trial in range(TRIALS):
        shares = {automaton: excess for automaton, _ in EXCESSES.values()}
        tables = make_tables(shares, (40,), codes=("deflate",), rng_seed=trial, **changes)
        for claim, (automaton, measure) in EXCESSES.items():
            verdict = sweep.judge_excess(tables, sweep.STIRRED, automaton, measure)
            supported[claim] += verdict.outcome is Outcome.SUPPORTED
    return supported


def test_a_hump_that_the_surrogate_has_too_is_no_support() -> None:
    supported = count_support(0.0)
    assert max(supported.values()) <= MOST_FALSE, supported


def test_the_smallest_excess_that_matters_is_seldom_taken_for_more() -> None:
    """At θ = δ support is false; the excess on the hump is some 0.8 of that at its peak, and the hump grows with it."""
    supported = count_support(0.05)
    assert max(supported.values()) <= MOST_FALSE, supported


def test_an_excess_that_rises_and_stays_is_no_support() -> None:
    supported = count_support(2.0, fall=0.0)
    assert max(supported.values()) <= MOST_FALSE, supported


def test_a_plausible_excess_is_supported_and_none_refuted() -> None:
    verdicts = judge("coffee_automaton", make_tables())
    assert verdicts["stirred"].outcome is Outcome.SUPPORTED
    for claim in ("interacting", "non_interacting"):
        assert verdicts[claim].outcome in (Outcome.NOT_SUPPORTED, Outcome.REVERSED), verdicts[claim]
        assert verdicts[claim].estimate.high < 0.05 and verdicts[claim].estimate.n == 12


def test_exponents_are_those_of_the_table() -> None:
    tables = make_tables(sides=(20, 40, 80, 160), codes=("deflate",), exponent=2.0, noise=0.01)
    verdicts = judge("coffee_automaton", tables)
    assert verdicts["entropy_exponent"].estimate.value == pytest.approx(2.0, abs=0.1)
    assert verdicts["complexity_exponent"].outcome is Outcome.NOT_SUPPORTED
    assert verdicts["surrogate_exponent"].outcome is Outcome.SUPPORTED
    assert verdicts["peak_time"].outcome is Outcome.SUPPORTED
    growing = make_tables({"interacting": 4.0}, sides=(20, 40, 80, 160), codes=("deflate",), excess_exponent=1.0)
    assert judge("coffee_automaton", growing)["surrogate_exponent"].outcome is Outcome.NOT_SUPPORTED


def test_a_linear_peak_is_found_linear() -> None:
    tables = make_tables(sides=(200, 400, 800, 1600), codes=("deflate",), exponent=1.0)
    assert judge("coffee_automaton", tables)["complexity_exponent"].outcome is Outcome.SUPPORTED


@pytest.mark.parametrize("sweep", ["coffee_automaton", "complexodynamics"])
def test_few_seeds_bear_no_verdict_on_an_excess(sweep: str) -> None:
    for claim, verdict in judge(sweep, make_tables(seeds=11, sides=(40,))).items():
        if "exponent" not in claim and claim != "peak_time":
            assert verdict.outcome is Outcome.UNDERPOWERED and "needs 12 independent units, has 11" in verdict.reason, (
                claim
            )


def test_the_first_law_holds_for_a_stirred_cup_by_every_code() -> None:
    verdicts = judge("complexodynamics", make_tables(noise=0.01))
    assert {claim: v.outcome for claim, v in verdicts.items()} == dict.fromkeys(verdicts, Outcome.SUPPORTED)
    assert len(verdicts["hump_by_every_code"].parts) == 7


def test_one_code_without_the_hump_refutes_that_all_have_it() -> None:
    tables = make_tables(noise=0.01)
    blind = tables.runs.loc[tables.runs["code"].eq("zstd"), "run_key"]
    curves = tables.curves.copy()
    rows = curves["run_key"].isin(blind)
    curves.loc[rows, "adjusted_bits"] = curves.loc[rows, "surrogate_adjusted_bits"].to_numpy()
    whole = judge("complexodynamics", replace(tables, curves=curves))["hump_by_every_code"]
    assert whole.outcome is Outcome.NOT_SUPPORTED and "zstd" in whole.reason


def test_an_entropy_that_falls_back_is_not_monotone() -> None:
    tables = make_tables(noise=0.01)
    curves = tables.curves.copy()
    late = curves["relaxation_times"] > 1
    curves.loc[late, "entropy_bits"] *= 0.5
    verdict = judge("complexodynamics", replace(tables, curves=curves))["entropy_rises"]
    assert verdict.outcome is Outcome.NOT_SUPPORTED


def test_a_ratio_of_lengths_has_no_interval_below_zero() -> None:
    """Two seeds, a factor of three apart: Student's interval of the ratio itself would reach to −10."""
    hump = Hump(
        np.array([0.0, 1.0]), np.array([[1.0, 2.0], [1.0, 6.0]]), np.array([[1.0, 2.0], [1.0, 2.0]]), ("a", "b")
    )
    ratio = hump.estimate_ratio()
    assert ratio.value == pytest.approx(3**0.5) and 0 < ratio.low < 1 < ratio.high


def test_a_run_that_never_rises_is_not_left_out_of_a_climb() -> None:
    rising, falling = np.arange(5.0), np.arange(5.0)[::-1]
    both = Hump(np.arange(5.0), np.array([rising, rising + 1, falling]), np.ones((3, 5)), ("a", "b", "c"))
    found = both.estimate_climb()
    assert np.isnan(found.value) and "1 of 3 runs never rise" in found.method
