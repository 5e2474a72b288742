"""The judge of the bounds, on tables whose truth is known: no support at θ = 0 or δ, support where there is room."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from lab.core.fingerprint import hash_literal
from lab.core.seeds import open_stream
from lab.core.units import NATS_PER_BIT
from lab.core.verdict import Outcome
from lab.tables import Study, Tables
from lab.tables.frames import tidy_runs
from sweeps.kolmogorov_bounds import CHAIN, ENTROPY, INCOMPRESSIBLE, TOLERANCE, judge

TRIALS, MOST_FALSE = 20, 3  # at most 5 % each (equivalence, at its margin): four or more of twenty have odds of 1.6 %
SYMBOLS, RATE = 2**14, 0.5
MARGINS = {q.claim: q.margin for q in (INCOMPRESSIBLE, CHAIN, ENTROPY)}


def make_tables(theta: float, excess: float, seeds: int = 12, noise: float = 0.05, trial: int = 0) -> Tables:
    """Strings and pairs whose slack is `theta`, sources `excess` above their entropy rate (relative)."""
    rng = open_stream(trial, "bounds")
    rows, points = [], []

    def add(seed: int, code: str, baseline: str, bits: float, name: str = "source", symbols: float = SYMBOLS) -> str:
        key = hash_literal([seed, code, baseline, name])[:16]
        told = {"run_key": key, "trunk_key": key, "seed": seed, "code": code, "baseline": baseline, "object": name}
        rate = {"entropy_rate": RATE * NATS_PER_BIT, "bits_per_symbol": bits / symbols}
        rows.append({**told, **rate, "code_bits": bits, "symbols": symbols})
        return key

    for seed in range(seeds):
        luck = noise * rng.standard_normal(3)
        add(seed, "ensemble", "object", SYMBOLS * RATE * (1 + excess + 0.2 * luck[0]))
        allowed = TOLERANCE * np.log2(SYMBOLS)
        halves = [add(seed, "zstd", part, 8000.0, "pair", SYMBOLS / 2) for part in ("first", "given")]
        assert len(set(halves)) == 2
        add(seed, "zstd", "object", 16_000.0 + allowed * (1 - theta + luck[1]), "pair")
        key = add(seed, "ensemble", "strings", 130.0, "coins", 128)
        saved = np.arange(1.0, 7.0)
        share = np.exp2(-saved) * (1 - theta + luck[2])
        points.append(pd.DataFrame({"run_key": key, "saved_bits": saved, "share_saved": share}))
    runs = tidy_runs(pd.DataFrame(rows).assign(study="bounds", status="done", stage="grid", error=""))
    return Tables(Study("bounds", "kolmogorov_bounds", "standard"), runs, pd.concat(points, ignore_index=True))


def count(*outcomes: Outcome, **truth: float) -> dict[str, int]:
    counts = dict.fromkeys(MARGINS, 0)
    for trial in range(TRIALS):
        for verdict in judge(make_tables(trial=trial, **truth)):  # type: ignore[arg-type]
            counts[verdict.claim] += verdict.outcome in outcomes
    return counts


def test_no_support_where_there_is_no_room() -> None:
    """θ = 0: the theorem is met with equality, the chain rule uses all it is allowed; a rate 20 % above the entropy."""
    assert max(count(Outcome.SUPPORTED, theta=0.0, excess=0.2).values()) <= MOST_FALSE


@pytest.mark.parametrize("claim", MARGINS)
def test_no_support_at_the_smallest_effect(claim: str) -> None:
    found = count(Outcome.SUPPORTED, theta=MARGINS[claim], excess=MARGINS["entropy"])
    assert found[claim] <= MOST_FALSE


def test_support_where_the_truth_is_plausible_and_none_with_few_seeds() -> None:
    assert min(count(Outcome.SUPPORTED, theta=0.9, excess=0.01).values()) >= TRIALS - 1
    few = judge(make_tables(0.9, 0.01, seeds=11))
    assert {verdict.outcome for verdict in few} == {Outcome.UNDERPOWERED}
    assert all("overnight" in verdict.reason for verdict in few)


def test_a_theorem_broken_is_seen() -> None:
    assert min(count(Outcome.NOT_SUPPORTED, Outcome.REVERSED, theta=-0.5, excess=0.5).values()) >= TRIALS - 1
