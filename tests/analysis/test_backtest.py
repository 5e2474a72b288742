"""Backtests: the right law forecasts, its intervals hold what they say, and the scores are what they are called."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from lab.analysis.comparisons.backtest import (
    DEFAULT,
    ESTIMATORS,
    LAST,
    LEVELS,
    MEMBERS,
    Ahead,
    Backtest,
    combine,
    run_backtest,
)
from lab.analysis.comparisons.curves import Collection, Curve, read_curves
from lab.analysis.comparisons.scores import calibrate, score_backtest
from lab.core.errors import InputError
from lab.core.seeds import open_stream
from tests.analysis.curves import COLUMNS, DOMAINS, write_collection

LAWS = ("pure_power", "power")


@pytest.fixture(scope="module")
def backtest(tmp_path_factory: pytest.TempPathFactory) -> Backtest:
    """A third of the synthetic twin of the published collection."""
    path = write_collection(tmp_path_factory.mktemp("curves") / "curves.csv", share=0.3)
    return run_backtest(read_curves(path, **COLUMNS), LAWS)


def make_curves(count: int, law: float, noise: float, points: int = 12) -> Collection:
    """Pure power laws x^(−law) with independent noise, two points held out of each."""
    rng = open_stream(1, "backtest")
    x = np.geomspace(1e6, 1e8, points)
    fitted = np.arange(points) < points - 2
    curves = [
        Curve("g", str(k), x, x**-law * np.exp(noise * rng.standard_normal(points)), fitted) for k in range(count)
    ]
    return Collection("made", "x", "y", "group", tuple(curves))


def test_a_row_per_curve_and_estimator(backtest: Backtest) -> None:
    assert backtest.estimators == (*LAWS, LAST) and backtest.laws == LAWS
    assert len(backtest.frame) == 3 * len(backtest.collection.curves)
    assert set(backtest.collection.groups) == set(DOMAINS)
    assert len(backtest.points) == 3 * sum((~curve.fitted).sum() for curve in backtest.collection.curves)


def test_rmsle_is_that_of_a_line_through_the_logarithms(backtest: Backtest) -> None:
    """pure_power by least squares on the log is M1 of Alabdulmohsin et al. 2022: a closed form to compare with."""
    frame = backtest.frame[backtest.frame["estimator"] == "pure_power"]
    for curve, (_, row) in zip(backtest.collection.curves, frame.iterrows(), strict=True):
        seen = curve.fitted
        slope, level = np.polyfit(np.log(curve.x[seen]), np.log(curve.y[seen]), 1)
        error = level + slope * np.log(curve.x[~seen]) - np.log(curve.y[~seen])
        assert row["rmsle"] == pytest.approx(np.sqrt(np.mean(error**2)), rel=1e-7)


def test_the_true_law_wins_and_has_skill(backtest: Backtest) -> None:
    scores = {(score.group, score.estimator): score for score in score_backtest(backtest)}
    for group in DOMAINS:
        true, pure, naive = (scores[group, name] for name in ("power", "pure_power", LAST))
        assert true.rmsle.value < pure.rmsle.value and true.wins.value > 0.7
        assert true.wins.value + pure.wins.value == pytest.approx(1)
        assert naive.skill.value == 0 and true.skill.value == pytest.approx(1 - true.rmsle.value / naive.rmsle.value)
    assert scores["IC", "power"].rmsle.has_interval and not scores["NMT", "power"].rmsle.has_interval
    assert "12" in scores["NMT", "power"].rmsle.method and scores["NMT", "power"].rmsle.n == 2


def test_intervals_of_the_true_law_hold_their_share() -> None:
    """Independent noise: the statement 'every point is a run' is true here, and the levels are the shares."""
    table = calibrate(run_backtest(make_curves(150, 0.1, 0.01), ["pure_power"]))
    assert table["level"].tolist() == list(LEVELS)
    assert (table["low"] <= table["level"]).all() and (table["level"] <= table["high"]).all()


def test_calibration_error_is_the_mean_square_over_levels() -> None:
    backtest = run_backtest(make_curves(20, 0.1, 0.01), ["pure_power"])
    score = score_backtest(backtest)[0]
    held = calibrate(backtest)["held"].to_numpy()
    assert score.miscalibration.value == pytest.approx(np.mean((held - np.array(LEVELS)) ** 2))
    assert score.coverage.value == pytest.approx(held[-1])


def test_the_forecast_stands_where_the_interval_is_refused() -> None:
    """Five runs of two rows each bear no interval for this law; the forecast is that of the same rows without units."""
    free = make_curves(4, 0.1, 0.001)
    paired = replace(free, curves=tuple(replace(c, units=np.arange(len(c.x)) // 2) for c in free.curves))
    told, untold = (run_backtest(c, ["power"]).frame.query("estimator == 'power'") for c in (paired, free))
    assert told["status"].eq("refused").all() and told["inside_95"].isna().all()
    np.testing.assert_allclose(told["rmsle"], untold["rmsle"], rtol=1e-9)


def test_the_default_is_the_median_of_its_members() -> None:
    low, high = np.full((len(LEVELS), 1), 0.5), np.full((len(LEVELS), 1), 2.0)
    answers = [Ahead(np.array([v]), v * low, v * high, "converged") for v in (1.0, 2.0, 4.0, 1000.0)]
    both = combine(answers)
    assert both.value[0] == pytest.approx(np.sqrt(8)) and both.high[0, 0] == pytest.approx(2 * np.sqrt(8))
    nothing = Ahead(np.array([np.nan]), np.nan * low, np.nan * high, "failed", "why")
    some = combine([*answers[:3], nothing])
    assert some.value[0] == 2.0 and some.reason == "1 of 4 laws gave no answer"
    assert combine([nothing, nothing]).status == "refused" and np.isnan(combine([nothing]).value).all()
    unsure = Ahead(np.array([2.0]), np.nan * low, np.nan * high, "bound hit", "")
    assert combine([answers[0], unsure, answers[2]]).low[0, 0] == pytest.approx(1.0)  # of the two that have one


def test_the_default_is_fixed() -> None:
    assert MEMBERS == ("power", "m3", "m4", "broken_1") and ESTIMATORS[0] == DEFAULT


def test_a_law_of_two_variables_is_not_for_curves() -> None:
    with pytest.raises(InputError, match="a curve has one variable"):
        run_backtest(make_curves(1, 0.1, 0.0), ["chinchilla"])


def test_nothing_to_do_is_not_an_error() -> None:
    empty = replace(make_curves(1, 0.1, 0.0), curves=())
    assert run_backtest(empty, LAWS).frame.empty


def test_progress_is_told() -> None:
    told = []
    run_backtest(make_curves(3, 0.1, 0.01), LAWS, advance=lambda: told.append(1))
    assert len(told) == 3
