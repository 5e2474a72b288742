"""The interval methods one may ask for: each against a closed form, against another, or refused where it is none."""

from __future__ import annotations

from multiprocessing.reduction import ForkingPickler
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from lab.core.errors import InputError, UnknownNameError
from lab.scaling import Absolute, Data, Huber, Law, LeastSquares, Loss, Parameter, fit_law
from lab.scaling.intervals import METHODS
from lab.scaling.intervals.components import find_components
from lab.scaling.intervals.profile import find_crossings, trace_profile
from lab.scaling.problem import Problem
from tests.scaling.designs import add_luck, load, make_data, make_trunks

SIZES = {"x": np.repeat(np.geomspace(3e4, 4e6, 8), 3)}
TRUTH = np.array([0.9, 60.0, 900.0, 0.42, 0.5])


def make_curve(seed: int = 0, noise: float = 0.005) -> Data:
    return make_data(load("power"), np.array([1.2, 60.0, 0.42]), SIZES, noise, seed)


def make_study(seed: int = 0) -> Data:
    x, trunks = make_trunks((24, 32, 48, 64, 96), 4, 4)
    return Data(x, add_luck(np.random.default_rng(seed), load("chinchilla").predict(TRUTH, **x), trunks), trunks)


def test_the_textbook_interval_of_a_straight_line() -> None:
    """ln L of a pure power law is linear in ln x: t, profile and regression agree."""
    data = make_data(load("pure_power"), np.array([9.0, 0.12]), SIZES, 0.01)
    line = stats.linregress(np.log(data.x["x"]), np.log(data.y))
    half = stats.t.ppf(0.975, len(data) - 2) * line.stderr
    for method in ("t", "profile"):
        alpha = fit_law(load("pure_power"), data, LeastSquares(), interval=method).find("alpha")
        np.testing.assert_allclose([alpha.low, alpha.high], [-line.slope - half, -line.slope + half], rtol=1e-7)


def test_a_profile_is_where_the_objective_crosses() -> None:
    data, law = make_curve(), load("power")
    fit = fit_law(law, data, LeastSquares(), interval="profile")
    assert fit.theta is not None and fit.uncertainty is not None
    problem, reach = Problem(law, data, LeastSquares()), fit.uncertainty.reach(0.95)
    for j, name in enumerate(law.names):
        estimate = fit.find(name)
        ends = np.array([estimate.low, estimate.high])
        ends = np.log(ends) if law.parameters[j].scale == "log" else ends
        np.testing.assert_allclose(trace_profile(problem, fit.theta, j, ends), [-reach, reach], rtol=1e-5)


def test_a_profile_is_longer_on_the_side_where_the_law_is_flat() -> None:
    """Few sizes, loud runs: E may be much lower and hardly higher."""
    x = {"x": np.geomspace(3e4, 4e5, 9)}
    estimate = fit_law(load("power"), make_data(load("power"), np.array([1.2, 60.0, 0.42]), x, 0.003), LeastSquares(),
                       interval="profile").find("E")  # fmt: skip
    assert estimate.value - estimate.low > 1.1 * (estimate.high - estimate.value)


@pytest.mark.parametrize("method", ["jackknife", "sandwich", "pairs", "wild", "parametric"])
def test_methods_agree_on_independent_runs(method: str) -> None:
    """Within the noise of a standard error from 24 runs."""
    data = make_curve()
    width = {m: (e := fit_law(load("power"), data, interval=m).find("alpha")).high - e.low for m in ("t", method)}
    assert 0.6 < width[method] / width["t"] < 1.6


@pytest.mark.parametrize("method", ["sandwich", "components", "pairs", "wild", "parametric"])
def test_methods_agree_on_trunks(method: str) -> None:
    data = make_study()
    fits = {m: fit_law(load("chinchilla"), data, interval=m) for m in ("jackknife", method)}
    widths = {m: fit.find("alpha").high - fit.find("alpha").low for m, fit in fits.items()}
    assert 0.5 < widths[method] / widths["jackknife"] < 2
    naive = fit_law(load("chinchilla"), Data(data.x, data.y, np.arange(len(data)))).find("alpha")
    assert widths[method] > naive.high - naive.low  # the luck of a trunk is not divided by its rows


def test_the_two_lucks_are_told_apart() -> None:
    """Over many trunks the components are those the data were made with."""
    x, trunks = make_trunks((24, 32, 48, 64, 96), 40, 4)
    y = add_luck(np.random.default_rng(1), load("chinchilla").predict(TRUTH, **x), trunks, 0.004, 0.003)
    problem = Problem(load("chinchilla"), Data(x, y, trunks), LeastSquares())
    row, unit = find_components(problem, TRUTH, problem.residuals(TRUTH))
    assert row == pytest.approx(0.003, rel=0.1) and unit == pytest.approx(0.004, rel=0.15)


def test_rows_of_little_weight_are_louder_and_not_the_rest() -> None:
    """Luck of a row 0.003 over the root of its weight: the components are again those the data were made with."""
    x, trunks = make_trunks((24, 32, 48, 64, 96), 40, 4)
    weights = np.where(np.arange(len(trunks)) % 2, 0.1, 1.9)
    shared = add_luck(np.random.default_rng(1), load("chinchilla").predict(TRUTH, **x), trunks, 0.004, 0.0)
    y = shared * np.exp(0.003 / np.sqrt(weights) * np.random.default_rng(2).standard_normal(len(trunks)))
    problem = Problem(load("chinchilla"), Data(x, y, trunks, weights=weights), LeastSquares())
    row, unit = find_components(problem, TRUTH, problem.residuals(TRUTH))
    assert row == pytest.approx(0.003, rel=0.1) and unit == pytest.approx(0.004, rel=0.15)


def test_few_trunks_cover_under_a_loss_that_is_nearly_absolute() -> None:
    """Such a fit moves more with the luck than least squares does; ten trunks, by the model of their luck."""
    simulations, law = 250, load("chinchilla")
    x, trunks = make_trunks((24, 32, 48, 64, 96), 2, 4)
    value, rng, held = law.predict(TRUTH, **x), np.random.default_rng(0), np.zeros(2)
    for _ in range(simulations):
        data = Data(x, add_luck(rng, value, trunks, 0.009, 0.0044), trunks)
        fit = fit_law(law, data, Huber(1e-3), starts=TRUTH)
        held += [fit.find("B").contains(900.0), fit.find("beta").contains(0.5)]
    least = stats.binom.ppf(0.001, simulations, 0.95)
    assert (held >= least).all(), f"{held} of {simulations} held, {least:g} do if 95 % is true in 999 of 1000 cases"


@pytest.mark.parametrize("loss", [Absolute(), Huber(1e-4)], ids=str)
def test_a_sandwich_does_not_count_the_residuals_that_the_law_passes_through(loss: Loss) -> None:
    widths = [
        (e := fit_law(load("chinchilla"), make_study(), loss, 200, interval=method).find("alpha")).high - e.low
        for method in ("sandwich", "pairs")
    ]
    assert 0.5 < widths[0] / widths[1] < 2


class Saturating(Law):
    """y = 2 − exp(−A·x): beyond some A nothing changes any more (an exponential approach, 2000)."""

    name = "saturating"
    citation = "made for this test, 2000"
    predictors = ("x",)
    parameters = (Parameter("A", "A", scale="log"),)

    def predict(self, theta: NDArray[Any], **x: NDArray[Any]) -> NDArray[Any]:
        (a,) = self.split(theta)
        return np.asarray(2 - np.exp(-a * x["x"]))


def test_a_profile_that_never_crosses_is_open_to_infinity() -> None:
    x = np.linspace(1, 2, 12)
    data = make_data(Saturating(), np.array([4.0]), {"x": x}, 0.02)
    problem = Problem(Saturating(), data, LeastSquares())
    fit = fit_law(Saturating(), data, LeastSquares(), starts=[3.0])
    assert fit.theta is not None
    low, high = find_crossings(problem, fit.theta, 0, 2.2)
    assert 0 < low < fit.theta[0] and high == np.inf


@pytest.mark.parametrize("seed", range(4))
def test_draws_repeat_with_their_seed(seed: int) -> None:
    first, again = (fit_law(load("power"), make_curve(), interval="wild", seed=seed).draws for _ in range(2))
    assert first is not None and again is not None
    np.testing.assert_array_equal(first, again)


def test_what_would_not_be_an_interval_is_refused() -> None:
    with pytest.raises(InputError, match="least squares, not for Huber"):
        fit_law(load("power"), make_curve(), Huber(), interval="profile")
    for method in ("t", "profile"):
        with pytest.raises(InputError, match="rows share trunks"):
            fit_law(load("chinchilla"), make_study(), LeastSquares(), interval=method)
    with pytest.raises(UnknownNameError, match="did you mean 'jackknife'"):
        fit_law(load("power"), make_curve(), interval="jacknife")


@pytest.mark.parametrize("method", METHODS)
def test_every_method_gives_mean_and_new_run_intervals(method: str) -> None:
    fit = fit_law(load("power"), make_curve(), LeastSquares(), interval=method)
    mean, run = fit.predict_mean(x=1e7), fit.predict_new_run(x=1e7)
    assert run.low < mean.low < mean.value < mean.high < run.high
    assert method == "default" or fit.find("alpha").method
    again = ForkingPickler.loads(ForkingPickler.dumps(fit))  # as a worker or a page's cache hands it on
    assert again.find("alpha") == fit.find("alpha")


def test_the_units_needed_are_enough() -> None:
    """A design of that many units, repeated, has the width asked for."""
    data = make_curve()
    fit = fit_law(load("power"), data, LeastSquares())
    alpha = fit.find("alpha")
    width = (alpha.high - alpha.low) / 3
    needed = fit.count_needed("alpha", width)
    assert needed is not None and 8 * len(data) < needed < 10 * len(data)
    times = needed // len(data) + 1
    rng = np.random.default_rng(5)
    x = {"x": np.tile(SIZES["x"], times)}
    y = load("power").predict(np.array([1.2, 60.0, 0.42]), **x) * np.exp(0.005 * rng.standard_normal(len(x["x"])))
    larger = fit_law(load("power"), Data(x, y, np.arange(len(y))), LeastSquares()).find("alpha")
    assert larger.high - larger.low == pytest.approx(width, rel=0.3)
    assert fit.count_needed("alpha", alpha.high - alpha.low) == len(data)
    assert fit.count_needed("alpha", 0.0) is None and fit.count_needed("nothing", 0.1) is None
