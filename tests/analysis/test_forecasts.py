"""Forecasts of the largest size, and what a single learning rate does to β."""

from __future__ import annotations

import numpy as np
import pytest

from lab.analysis.forecasts.forecasts import forecast_largest
from lab.analysis.laws.rates_effect import fit_tokens_by_rate
from lab.scaling import Status
from lab.tables import Tables
from tests.synthetic import SURFACE, make_tables

RATES = (0.005, 0.02, 0.08)


@pytest.fixture(scope="module")
def study() -> Tables:
    return make_tables(rates=RATES)


@pytest.mark.parametrize("law", ["chinchilla", "power", "pure_power"])
def test_the_largest_is_never_seen(study: Tables, law: str) -> None:
    forecast = forecast_largest(study, law=law)
    assert forecast.fit.status is Status.CONVERGED
    assert all(named.rows_used["size"].max() == 48 for named in forecast.fits)
    assert len(forecast.frame) == 12 and sorted(forecast.frame["tokens"].unique()) == [5e5, 1e6, 2e6, 4e6]
    np.testing.assert_allclose(forecast.frame["error_nats"], forecast.frame["predicted"] - forecast.frame["observed"])
    held = (forecast.frame["low"] <= forecast.frame["observed"]) & (
        forecast.frame["observed"] <= forecast.frame["high"]
    )
    assert (forecast.frame["inside"] == held).all()


def test_the_true_law_forecasts_and_a_law_without_e_is_too_low(study: Tables) -> None:
    true, pure = (forecast_largest(study, law=law).frame for law in ("chinchilla", "pure_power"))
    assert true["inside"].all() and true["error_relative"].abs().max() < 0.03
    assert pure["error_nats"].mean() < -0.01  # it has no floor to level out at
    assert pure["error_reducible"].isna().all()


def test_the_reducible_loss_stands_on_the_known_floor() -> None:
    forecast = forecast_largest(make_tables(rates=RATES, floor_nats=SURFACE["E"]))
    frame = forecast.frame
    np.testing.assert_allclose(
        frame["error_reducible"], frame["error_nats"] / (frame["observed"] - SURFACE["E"]), rtol=1e-9
    )
    told = {estimate.name: estimate for estimate in forecast.estimates}
    assert told["relative forecast error"].value == pytest.approx(frame["error_relative"].abs().mean())
    assert told["share inside the interval"].value == frame["inside"].mean() and told["forecast error"].n == 12


def test_a_forecast_that_cannot_be_made_is_refused() -> None:
    forecast = forecast_largest(make_tables(widths=(16, 24, 32, 48), seeds=(0, 1), rates=(0.02,), preset="smoke"))
    assert (
        forecast.frame.empty and forecast.fit.status is Status.REFUSED and "--preset standard" in forecast.fit.next_step
    )
    assert {"observed", "inside", "error_reducible"} <= set(forecast.frame.columns)


def test_a_drifting_rate_tilts_the_exponent() -> None:
    """The best rate halves with every doubling of D: the smallest rate makes the data look better than they are."""
    tables = make_tables(rates=RATES, noise=0.0, trunk_noise=0.0)
    runs = tables.runs.copy()
    drift = np.log2(0.02 * (1e6 / runs["tokens"]) ** 0.5 / runs["learning_rate"])
    surface = SURFACE["E"] + SURFACE["A"] * runs["params_total"] ** -SURFACE["alpha"]
    runs["loss_nats"] = surface + SURFACE["B"] * runs["tokens"] ** -SURFACE["beta"] + 0.02 * drift**2
    effect = fit_tokens_by_rate(Tables(tables.study, runs, tables.curves))
    assert effect.frame.groupby("size").size().tolist() == [3] * 5
    small, _, large = effect.estimates
    assert small.low > 0.01 and large.high < -0.01 and small.n == 5 and "0.005" in small.name


def test_no_search_no_tilt() -> None:
    effect = fit_tokens_by_rate(make_tables(rates=(0.02,)))
    assert effect.frame.empty and effect.estimates == []
