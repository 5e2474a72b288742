"""The grid's learning-rate search: goes on while the best is at an edge, then asks for the other seeds."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from lab.core.errors import UnknownNameError
from lab.core.registry import open_shelf
from lab.runs.spec import RunSpec
from sweeps import MOST_RATES, TrainingGrid, choose_preset, kaplan_language_models

HORIZONS = (2**15, 2**16)
RUNNER = open_shelf("runners").load("train")


def make_grid(**changes: object) -> TrainingGrid:
    values = {
        "family": {"name": "lstm"},
        "source": {"name": "markov", "symbols": 8},
        "sizes": (8, 16),
        "horizons": HORIZONS,
        "seeds": (0, 1, 2),
        "rates": (0.01, 0.02, 0.04),
    }
    return TrainingGrid(**{**values, **changes})  # type: ignore[arg-type]


def answer(specs: list[RunSpec], loss: Callable[[int, int, float], float]) -> pd.DataFrame:
    """The table of a study in which every asked run gave `loss(size, tokens, rate)`; NaN is a divergence."""
    rows = []
    for spec in specs:
        fields = spec.fields
        size, tokens, rate = fields["family"]["width"], fields["tokens"], fields["learning_rate"]
        value = loss(size, tokens, rate)
        status = "diverged" if np.isnan(value) else "done"
        told = RUNNER.describe(fields)
        rows.append({**told, "run_key": spec.key, "loss_nats": value, "status": status})
    return pd.DataFrame(rows)


def run_to_the_end(grid: TrainingGrid, loss: Callable[[int, int, float], float]) -> list[RunSpec]:
    specs = grid.list_specs(pd.DataFrame())
    for _ in range(20):
        following = grid.list_specs(answer(specs, loss))
        assert {s.key for s in specs} <= {s.key for s in following}, "a later answer drops nothing"
        if len(following) == len(specs):
            return following
        specs = following
    raise AssertionError("the grid never ends")


def rates_of(specs: list[RunSpec], size: int, stage: str, seed: int = 0) -> set[float]:
    return {
        s.fields["learning_rate"]
        for s in specs
        if s.fields["family"]["width"] == size and s.stage == stage and s.fields["seed"] == seed
    }


def parabola(best: Callable[[int, int], float]) -> Callable[[int, int, float], float]:
    return lambda size, tokens, rate: 2.0 + 0.1 * np.log2(rate / best(size, tokens)) ** 2


def test_an_interior_best_needs_no_more_rates() -> None:
    specs = run_to_the_end(make_grid(), parabola(lambda size, tokens: 0.02))
    assert rates_of(specs, 8, "search") == {0.01, 0.02, 0.04}
    assert rates_of(specs, 8, "grid", seed=2) == {0.02}
    assert len({s.key for s in specs}) == 2 * (3 * 2 + 2 * 2)


def test_the_search_follows_the_best_past_both_edges() -> None:
    specs = run_to_the_end(make_grid(), parabola(lambda size, tokens: 0.08 if size == 8 else 0.005))
    assert rates_of(specs, 8, "search") == {0.01, 0.02, 0.04, 0.08, 0.16}
    assert rates_of(specs, 16, "search") == {0.04, 0.02, 0.01, 0.005, 0.0025}


def test_each_horizon_trains_at_its_own_best_rate() -> None:
    specs = run_to_the_end(make_grid(), parabola(lambda size, tokens: 0.04 if tokens == HORIZONS[0] else 0.02))
    grid = {
        (s.fields["tokens"], s.fields["learning_rate"]) for s in specs if s.stage == "grid" and s.fields["seed"] == 1
    }
    assert grid == {(HORIZONS[0], 0.04), (HORIZONS[1], 0.02)}


def test_divergence_is_worse_than_any_loss() -> None:
    specs = run_to_the_end(make_grid(), lambda size, tokens, rate: np.nan if rate > 0.02 else 3.0 - rate)
    assert rates_of(specs, 8, "grid", seed=1) == {0.02}


def test_an_endless_descent_stops_at_the_limit() -> None:
    specs = run_to_the_end(make_grid(), lambda size, tokens, rate: 3.0 - np.log(rate))
    assert len(rates_of(specs, 8, "search")) == MOST_RATES


def test_rates_are_carried_from_the_searched_sizes_and_verified_at_the_largest() -> None:
    def best(size: int, tokens: int) -> float:
        return 0.02 * (size / 12) ** -0.5 * (tokens / 50_000) ** -0.3

    longer = (*HORIZONS, 2**17)
    grid = make_grid(sizes=(8, 12, 16, 48), searched=(8, 12, 16), horizons=longer)
    specs = run_to_the_end(grid, parabola(best))
    assert rates_of(specs, 48, "search") == set()
    carried = {s.fields["tokens"]: s.fields["learning_rate"] for s in specs if s.fields["family"]["width"] == 48
               and s.stage == "grid" and s.fields["seed"] == 1}  # fmt: skip
    assert carried == {h: pytest.approx(best(48, h), rel=0.01) for h in longer}
    verified = [s for s in specs if s.stage == "verify"]
    assert {s.fields["tokens"] for s in verified} == {longer[-1]}
    assert {s.fields["learning_rate"] for s in verified} == {carried[longer[-1]] / 2, carried[longer[-1]] * 2}


def test_where_the_search_bears_no_rule_every_size_is_searched() -> None:
    grid = make_grid(sizes=(8, 16, 48), searched=(8, 16), horizons=HORIZONS)
    specs = run_to_the_end(grid, lambda size, tokens, rate: 3.0 - np.log(rate))
    assert all(len(rates_of(specs, size, "search")) == MOST_RATES for size in (8, 16, 48))
    assert not [s for s in specs if s.stage == "verify"]


def test_stored_rates_search_nothing() -> None:
    specs = make_grid(rates=(), stored_rates={8: 0.03, 16: 0.05}).list_specs(pd.DataFrame())
    assert rates_of(specs, 8, "search") == set()
    assert rates_of(specs, 16, "grid", seed=2) == {0.05}


def test_branches_of_a_trunk_share_its_key_and_stage_is_no_identity() -> None:
    grid = make_grid()
    short, long = (grid.make_spec(8, tokens, 0, 0.02) for tokens in HORIZONS)
    assert short.trunk_key == long.trunk_key
    assert short.key != long.key
    assert grid.make_spec(8, HORIZONS[0], 0, 0.02, "search").key == short.key
    assert grid.make_spec(8, HORIZONS[0], 1, 0.02).trunk_key != short.trunk_key


def test_a_preset_that_is_not_there() -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'smoke'"):
        choose_preset(kaplan_language_models.presets, "smok")


def test_a_margin_stops_rates_that_are_far_behind_the_middle_one() -> None:
    grid = make_grid(sizes=(8,), stop_margin=0.05)
    first = grid.list_specs(pd.DataFrame())
    assert rates_of(first, 8, "search") == {0.02} and not any("stop" in s.fields for s in first)
    specs = run_to_the_end(grid, parabola(lambda size, tokens: 0.02))
    rules = {s.fields["learning_rate"]: s.fields.get("stop") for s in specs if s.stage == "search"}
    assert rules == {r: None if r == 0.02 else {"tokens": HORIZONS[0], "loss_nats": 2.05} for r in (0.01, 0.02, 0.04)}
    assert not any("stop" in s.fields for s in specs if s.stage == "grid"), "a stopped run never mixes with full ones"
