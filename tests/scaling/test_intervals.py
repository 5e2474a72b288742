"""Intervals: their coverage at the designs the lab uses, and that trunks and not rows are counted."""

from __future__ import annotations

import math

import numpy as np
import pytest

from benchmarks.interval_coverage import LAB, Design, simulate
from lab.scaling import Data, LeastSquares, Status, fit_law
from tests.scaling.designs import add_luck, load, make_data, make_trunks

SIMULATIONS = 100
QUICK = [LAB[i] for i in (1, 3, 5, 8, 9)]  # 5 to 15 trunks, 3 seeds of one size, 12 trunks × 4 horizons
LEAST = 0.95 - 3 * math.sqrt(0.95 * 0.05 / SIMULATIONS)  # three Monte Carlo standard errors below 95 %
TRUTH = np.array([0.9, 60.0, 900.0, 0.42, 0.5])


def make_study(seed: int = 0) -> Data:
    x, trunks = make_trunks((24, 32, 48, 64, 96), 3, 4)
    return Data(x, add_luck(np.random.default_rng(seed), load("chinchilla").predict(TRUTH, **x), trunks), trunks)


@pytest.mark.parametrize("design", QUICK, ids=str)
def test_the_default_interval_covers(design: Design) -> None:
    """benchmarks/interval_coverage.py asks the same more often; docs/intervals.md has its figures."""
    found = simulate(design, SIMULATIONS)
    assert found.counted >= 0.95 * SIMULATIONS
    assert min(found.shares.values()) >= LEAST, found.shares


def test_rows_taken_for_independent_do_not_cover() -> None:
    """What the clusters are for: sixty endpoints of fifteen trunks, taken for sixty runs, know less than they claim."""
    held = []
    for seed in range(30):
        data = make_study(seed)
        fit = fit_law(load("chinchilla"), Data(data.x, data.y, np.arange(len(data))))
        held.append([fit.find("alpha").contains(0.42), fit.find("E").contains(0.9)])
    assert np.mean(held, axis=0).min() < 0.85


def test_repeating_rows_of_a_trunk_adds_no_evidence() -> None:
    data = make_study()
    twice = Data({k: np.tile(v, 2) for k, v in data.x.items()}, np.tile(data.y, 2), np.tile(data.units, 2))
    once, doubled = (fit_law(load("chinchilla"), d, LeastSquares()).find("alpha") for d in (data, twice))
    np.testing.assert_allclose([doubled.value, doubled.low, doubled.high], [once.value, once.low, once.high], rtol=1e-7)
    assert doubled.n == once.n == 15


def test_least_squares_on_independent_runs_is_the_textbook() -> None:
    """ln L = ln A − α ln N by ordinary least squares, t with n − 2 degrees of freedom."""
    law, x = load("pure_power"), {"x": np.repeat(np.geomspace(3e4, 4e5, 5), 3)}
    data = make_data(law, np.array([9.0, 0.12]), x, 0.02, seed=4)
    design = np.column_stack([np.ones(15), np.log(data.x["x"])])
    solved, squares, *_ = np.linalg.lstsq(design, np.log(data.y), rcond=None)
    error = np.sqrt(squares[0] / 13 * np.linalg.inv(design.T @ design)[1, 1])
    alpha = fit_law(law, data, LeastSquares()).find("alpha")
    quantile = 2.1603686564610127  # of Student's t with 13 degrees of freedom, at 0.975
    np.testing.assert_allclose([alpha.value, alpha.high - alpha.value], [-solved[1], quantile * error], rtol=1e-9)


def test_rows_that_scatter_unequally_are_left_out_one_by_one() -> None:
    """The rows that weigh most scatter most: the textbook's one scatter claims too much, the default does not."""
    law, x = load("pure_power"), {"x": np.geomspace(1e4, 1e6, 40)}
    noise = np.where(np.abs(np.linspace(-1, 1, 40)) > 0.85, 0.03, 0.003)
    held, methods = {"t": 0, "default": 0}, set()
    for seed in range(60):
        luck = noise * np.random.default_rng(seed).standard_normal(40)
        data = Data(x, law.predict(np.array([9.0, 0.12]), **x) * np.exp(luck), np.arange(40))
        for interval in held:
            alpha = fit_law(law, data, LeastSquares(), interval=interval).find("alpha")
            held[interval] += alpha.contains(0.12)
        methods.add(alpha.method.split(" ")[0])
    assert "jackknife" in methods
    assert held["default"] >= 55 > 52 >= held["t"], held


def test_very_many_rows_are_left_out_in_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    law, x = load("pure_power"), {"x": np.geomspace(1e4, 1e6, 400)}
    data = make_data(law, np.array([9.0, 0.12]), x, 0.02, seed=1)
    each = fit_law(law, data, LeastSquares(), interval="jackknife").find("alpha")
    monkeypatch.setattr("lab.scaling.intervals.units._MOST_WORK", 0)
    grouped = fit_law(law, data, LeastSquares(), interval="jackknife").find("alpha")
    assert grouped.method == "jackknife over 50 groups of 400 trunks, t with 49 degrees of freedom"
    assert (grouped.high - grouped.low) / (each.high - each.low) == pytest.approx(1, abs=0.35)


def test_the_bootstrap_agrees_with_the_jackknife() -> None:
    fit = fit_law(load("chinchilla"), make_study(3), resamples=400, seed=1)
    assert fit.draws is not None and fit.draws.shape == (400, 5) and fit.covariance is not None
    spread = np.percentile(fit.draws[:, 3:], [16, 84], axis=0)
    ratio = (spread[1] - spread[0]) / 2 / np.sqrt(np.diag(fit.covariance)[3:])
    assert ((ratio > 0.6) & (ratio < 1.4)).all()
    again = fit_law(load("chinchilla"), make_study(3), resamples=400, seed=1)
    np.testing.assert_array_equal(fit.draws, again.draws)


def test_levels_and_predictions_nest() -> None:
    fit = fit_law(load("chinchilla"), make_study())
    assert fit.status is Status.CONVERGED
    for narrow, wide in zip(fit.estimate(0.9), fit.estimate(0.95), strict=True):
        assert wide.low < narrow.low < narrow.value < narrow.high < wide.high
    at = {"size": np.array([4e5, 4e6]), "tokens": np.array([4e6, 4e7])}
    mean, run = fit.predict_mean(**at), fit.predict_new_run(**at)
    np.testing.assert_array_equal(mean.value, run.value)
    assert (run.low < mean.low).all() and (run.high > mean.high).all()
    assert mean.high[1] / mean.low[1] > mean.high[0] / mean.low[0]  # further out, less sure
    assert run.high[0] / run.low[0] > math.exp(2 * 1.96 * 0.004)  # at least the luck of a run


def test_few_units_that_each_span_the_law_bear_an_interval() -> None:
    """Three seeds of one size: t with two degrees of freedom, from what the seeds say one by one."""
    law, x = load("pure_power"), {"x": np.tile(2.0 ** np.arange(19, 23), 3)}
    units = np.repeat(np.arange(3), 4)
    y = add_luck(np.random.default_rng(5), law.predict(np.array([20.0, 0.15]), **x), units)
    alpha = fit_law(law, Data(x, y, units, unit="seed"), LeastSquares()).find("alpha")
    each = [-np.polyfit(np.log(x["x"][units == k]), np.log(y[units == k]), 1)[0] for k in range(3)]
    half = 4.302652729911275 * np.std(each, ddof=1) / math.sqrt(3)
    np.testing.assert_allclose([alpha.value, alpha.high - alpha.low], [np.mean(each), 2 * half], rtol=1e-6)
    assert alpha.n == 3 and "3 seeds" in alpha.method
