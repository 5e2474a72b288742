"""A rate carried to other sizes and horizons: the rule found again, its cost measured, too little refused."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from lab.analysis.rate_transfer import fit_rule, measure_transfer
from lab.core.seeds import open_stream
from tests.synthetic import make_tables

SIZES, HORIZONS, RATES = (16, 24, 32, 64), (500_000, 1_000_000, 2_000_000), tuple(0.00125 * 2**i for i in range(8))
CURVATURE = 0.02  # nats per squared octave


def best_rate(size: float, tokens: float, kink: float = 1.0) -> float:
    return 0.03 * (size / 24) ** -0.4 * (tokens / 1e6) ** -0.3 * (kink if size == SIZES[-1] else 1.0)


def make_runs(noise: float = 0.0, kink: float = 1.0) -> pd.DataFrame:
    """A search of every cell whose losses are parabolas around a known rule; at the largest size times a kink."""
    runs = make_tables(widths=SIZES, horizons=HORIZONS, seeds=(0,), rates=RATES, noise=0.0, trunk_noise=0.0).runs
    octaves = np.log2(runs["learning_rate"] / [best_rate(*at, kink) for at in runs[["size", "tokens"]].to_numpy()])
    chance = noise * open_stream(0, "rates").standard_normal(len(runs))
    return runs.assign(loss_nats=2.0 + CURVATURE * octaves**2 + chance)


def test_the_rule_is_found_again() -> None:
    rule = fit_rule(make_runs())
    assert rule is not None and rule.cells == 12
    assert [each.value for each in rule.exponents] == pytest.approx([-0.4, -0.3], abs=1e-6)
    assert rule.scatter < 1e-6 and rule.rate_at(64, 4e6) == pytest.approx(best_rate(64, 4e6), rel=5e-3)


def test_with_noise_the_interval_holds_it() -> None:
    rule = fit_rule(make_runs(noise=0.003))
    assert rule is not None and rule.scatter > 0.01
    assert rule.exponents[0].contains(-0.4) and rule.exponents[1].contains(-0.3)


def test_a_right_rule_costs_nothing_and_a_broken_one_what_the_parabola_says() -> None:
    right, broken = measure_transfer(make_runs()), measure_transfer(make_runs(kink=0.5))
    assert len(right.frame) == len(SIZES) + len(HORIZONS) - 1
    assert right.frame["penalty_nats"].to_numpy() == pytest.approx(0.0, abs=1e-5)
    largest = broken.frame["size"] == SIZES[-1]
    assert broken.frame["octaves"][largest].to_numpy() == pytest.approx(1.0, abs=0.01)
    assert broken.frame["penalty_nats"][largest].to_numpy() == pytest.approx(CURVATURE, rel=0.02)
    assert broken.frame["penalty_nats"][~largest].to_numpy() == pytest.approx(0.0, abs=1e-5)


def test_edges_and_single_rates_bear_no_rule() -> None:
    runs = make_runs()
    assert fit_rule(runs[runs["learning_rate"] == RATES[3]]) is None
    few = measure_transfer(runs[runs["size"] <= 24])
    assert few.rule is None and "five bracketed cells" in few.reason
    none = measure_transfer(runs[runs["size"] == 16])
    assert none.rule is None and none.frame.empty and "two sizes" in none.reason


def test_a_rate_outside_of_what_was_tried_has_no_known_cost() -> None:
    runs = make_runs(kink=0.1)
    largest = runs["size"] == SIZES[-1]
    narrow = runs[~largest | (runs["learning_rate"] < 0.006)]
    frame = measure_transfer(narrow).frame
    assert math.isnan(frame["penalty_nats"][frame["size"] == SIZES[-1]].iloc[0])
