"""Collapse of normalised curves, on surfaces where it holds by construction and where a recipe was scaled wrongly."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from lab.analysis.comparisons.collapse import SHARES, Collapse, find_best_tokens, measure_collapse
from lab.analysis.laws.fits import fit_joint
from lab.tables import Tables
from tests.synthetic import SURFACE, chinchilla_loss, make_tables

HORIZONS = (1_000_000, 2_000_000, 4_000_000, 8_000_000)


def make_study(
    stretch: float = 0.0, noise: float = 0.002, seed: int = 0, luck_of_sizes: float = 0.0, **changed: object
) -> Tables:
    """Curves on the surface itself; with `stretch`, the larger a model the higher its trunk above its end. What
    `luck_of_sizes` adds to ln ℓ is common to the runs of a size, as the error of a rate on a grid is.
    """
    settings = {"rates": (0.02,), "horizons": HORIZONS, "noise": noise, "trunk_noise": noise, "rng_seed": seed}
    tables = make_tables(**{**settings, **changed})  # type: ignore[arg-type]
    curves = tables.curves.merge(
        tables.runs[["run_key", "params_total", "tokens"]], on="run_key", suffixes=("", "_end")
    )
    on_surface = chinchilla_loss(curves["params_total"].to_numpy(), curves["tokens"].to_numpy())
    before_the_end = curves["tokens"] < curves["tokens_end"]
    common = dict(
        zip(tables.runs["params_total"].unique(), np.random.default_rng(seed + 1000).standard_normal(16), strict=False)
    )
    wrong = stretch * np.log(curves["params_total"] / curves["params_total"].min()) * before_the_end
    wrong += luck_of_sizes * curves["params_total"].map(common) * before_the_end
    luck = np.exp(noise * np.random.default_rng(seed).standard_normal(len(curves)))
    losses = SURFACE["E"] + (on_surface * luck - SURFACE["E"]) * np.exp(wrong)
    return replace(tables, curves=curves[tables.curves.columns].assign(loss_nats=losses.to_numpy()))


def measure(**changed: object) -> Collapse:
    return measure_collapse(make_study(**changed))  # type: ignore[arg-type]


def test_curves_of_one_surface_collapse() -> None:
    found = measure()
    assert found.badge == "collapses", found.describe()
    assert found.curves["params_total"].nunique() == 5
    assert found.spread["over_sizes"].iloc[-1] == pytest.approx(0, abs=1e-12)


def test_a_recipe_scaled_wrongly_drifts() -> None:
    found = measure(stretch=0.08)
    assert found.badge == "drifts with size" and found.drift.low > 0
    true = 0.08 * np.log(found.curves["params_total"].max() / found.curves["params_total"].min())
    assert found.drift.contains(true), (found.drift, true)


def test_where_sizes_have_luck_of_their_own_the_drift_is_covered_and_none_seldom_found() -> None:
    """40 studies: fewer than 34 hits have odds of 0.5 % at 95 %, and 34 or more of 0.2 % at the 62 % that an interval
    over seeds had; four or more false alarms have odds of 2 % at 2.5 % each.
    """
    studies = [measure(seed=seed, luck_of_sizes=0.04) for seed in range(40)]
    assert sum(found.drift.contains(0.0) for found in studies) >= 34
    assert sum(found.badge == "drifts with size" for found in studies) <= 3


def test_curves_start_where_they_are_compared_and_end_at_one() -> None:
    curves = measure().curves
    ends = curves[curves["share"] == 1]
    assert ends["normalised"].eq(1).all() and len(ends) * len(SHARES) == len(curves)


def test_the_best_horizon_spends_compute_best() -> None:
    joint = fit_joint(make_study(noise=1e-6))
    sizes = np.array([20_000.0, 100_000.0])
    for size, best in zip(sizes, find_best_tokens(joint.fit.theta, sizes), strict=True):
        compute, others = size * best, size * np.geomspace(0.5, 2, 101)
        losses = chinchilla_loss(others, compute / others)
        assert others[losses.argmin()] == pytest.approx(size, rel=0.03)


def test_what_does_not_bear_the_test_is_refused() -> None:
    assert "1 seed" in measure(seeds=(0,), widths=(16, 20, 24, 32, 40, 48, 64, 96, 128)).reason
    uneven = make_study()
    once = uneven.runs["size"].eq(32) & uneven.runs["seed"].gt(0)
    assert "one of them 1 seed" in measure_collapse(replace(uneven, runs=uneven.runs[~once])).reason
    short = measure(horizons=(250_000, 500_000, 1_000_000))
    assert "sizes" in short.reason and short.left_out and "No collapse test" in short.describe()
    assert "0 sizes" in measure_collapse(replace(uneven, curves=uneven.curves.iloc[:0])).reason
