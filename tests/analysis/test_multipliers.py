"""Compute multipliers: exact where the truth is known, covering where it is noisy, refused where it is out of reach."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from lab.analysis.comparisons.multipliers import Frontier, Multiplier, measure_multipliers, trace_frontiers
from lab.analysis.comparisons.recipes import compare_recipes
from lab.core.errors import UnknownNameError
from lab.tables import Tables
from tests.analysis.test_recipes import make_recipes
from tests.synthetic import SURFACE, join_tables, make_tables


def scale_surface(size: float = 1.0, tokens: float = 1.0) -> dict[str, float]:
    """A recipe that does with N and D what the plain one does with `size`·N and `tokens`·D."""
    return {"A": SURFACE["A"] * size ** -SURFACE["alpha"], "B": SURFACE["B"] * tokens ** -SURFACE["beta"]}


def only(multipliers: list[Multiplier]) -> Multiplier:
    assert len(multipliers) == 1
    return multipliers[0]


@pytest.mark.parametrize(("size", "tokens"), [(1.0, 2.0), (1.3, 0.6)])
def test_known_constant_to_a_millionth(size: float, tokens: float) -> None:
    tables = make_recipes(noise=0.0, **scale_surface(size, tokens))
    runs = tables.runs.assign(flops=6 * tables.runs["params_total"] * tables.runs["tokens"])
    multiplier = only(measure_multipliers(compare_recipes(replace(tables, runs=runs))))
    assert multiplier.frame["value"].to_numpy() == pytest.approx(1 / (size * tokens), rel=1e-6)
    assert multiplier.trend.value == pytest.approx(0.0, abs=1e-6)
    assert list(multiplier.frame["place"].unique()) == ["within", "extrapolated"]


def test_frontier_is_the_least_loss_at_its_compute() -> None:
    """Against a search over N; the study's FLOPs grow with another power of N than the first."""
    found = compare_recipes(make_recipes(noise=0.0, alpha=0.5, A=150.0))
    theta = found.own.theta
    for group, surface in (("adamw", SURFACE), ("muon", {**SURFACE, "alpha": 0.5, "A": 150.0})):
        rows = found.rows_used[found.rows_used["optimizer"] == group]
        s, level = np.polyfit(np.log(rows["params_total"]), np.log(rows["flops"] / rows["tokens"]), 1)
        assert abs(s - 1) > 0.02
        sizes = np.geomspace(1e3, 1e8, 200_001)
        for compute in (1e11, 1e13):
            tokens = compute / (math.exp(level) * sizes**s)
            loss = surface["E"] + surface["A"] * sizes ** -surface["alpha"] + surface["B"] * tokens ** -surface["beta"]
            assert Frontier(found, group).predict(theta[None], np.array([compute]))[0, 0] == pytest.approx(
                loss.min(), rel=1e-8
            )
    first, last = only(measure_multipliers(found)).frame.iloc[[0, -1]].to_dict("records")
    muon = Frontier(found, "muon")
    for row in (first, last):  # at m·C the other recipe has the reference's loss
        reached = muon.predict(theta[None], np.array([row["value"] * row["flops"]]))[0, 0]
        assert reached == pytest.approx(row["loss_nats"], rel=1e-10)


def test_trend_is_the_ratio_of_the_exponents_of_compute() -> None:
    found = compare_recipes(make_recipes(noise=0.0, alpha=0.5, A=150.0))
    gammas = [Frontier(found, group).read(found.own.theta[None])[2][0] for group in ("adamw", "muon")]
    assert only(measure_multipliers(found)).trend.value == pytest.approx(gammas[0] / gammas[1] - 1, rel=1e-8)


def test_multiplier_and_trend_cover_at_their_level() -> None:
    """Of 16 studies with half the tokens needed; a 95 % interval misses more than 3 of them once in 140."""
    held = {"first": 0, "middle": 0, "ten times": 0, "trend": 0}
    for seed in range(16):
        multiplier = only(measure_multipliers(compare_recipes(make_recipes(seed=seed, **scale_surface(tokens=2.0)))))
        within = int((multiplier.frame["place"] == "within").sum())
        for name, at in (("first", 0), ("middle", within // 2), ("ten times", within)):
            held[name] += multiplier.estimates[at].contains(0.5)
        held["trend"] += multiplier.trend.contains(0.0)
    assert min(held.values()) >= 13, held


def test_a_law_of_one_variable_gives_the_multiplier_of_that_variable() -> None:
    tables = make_recipes(noise=0.0, **scale_surface(tokens=2.0))
    tokens = only(measure_multipliers(compare_recipes(make_many_seeds(tables), law="power", against="tokens")))
    assert tokens.column == "tokens"
    assert tokens.frame["value"].to_numpy() == pytest.approx(0.5, rel=1e-6)
    frontier = only(measure_multipliers(compare_recipes(make_recipes(**scale_surface(tokens=2.0)), law="power")))
    assert frontier.column == "flops" and frontier.middle.value == pytest.approx(0.5, abs=0.05)


def make_many_seeds(tables: Tables) -> Tables:
    """Every seed twice more: enough units for a law of one variable at one size."""
    copies = [
        tables.runs.assign(
            seed=tables.runs["seed"] + 3 * i, **{key: tables.runs[key] + f"-{i}" for key in ("run_key", "trunk_key")}
        )
        for i in range(3)
    ]
    return replace(tables, runs=pd.concat(copies, ignore_index=True))


def test_beyond_reach_is_refused_and_beyond_the_runs_is_said() -> None:
    poor = make_tables(rates=(0.02,), noise=0.0, trunk_noise=0.0, surface={**SURFACE, "E": 4.0})
    good = make_tables(rates=(0.02,), noise=0.0, trunk_noise=0.0, optimizer="adamw")
    tables = join_tables(good, poor)
    runs = tables.runs.assign(source=np.where(tables.runs["optimizer"] == "muon", "markov", "bytes_text"))
    refused = only(measure_multipliers(compare_recipes(replace(tables, runs=runs), reference="adamw")))
    assert "never reaches" in refused.reason and not refused.estimates and math.isnan(refused.trend.value)
    far = make_recipes(noise=0.0, **scale_surface(tokens=1000.0))
    apart = only(measure_multipliers(compare_recipes(far)))
    assert "among those trained" in apart.reason and apart.frame.empty
    assert "no multiplier" in apart.describe()


def test_refused_comparison_has_no_multiplier() -> None:
    alone = compare_recipes(make_tables(rates=(0.02,)))
    assert measure_multipliers(alone) == [] and trace_frontiers(alone).empty
    with pytest.raises(UnknownNameError, match="flops_6nd"):
        compare_recipes(make_tables(), compute="flop_6nd")
