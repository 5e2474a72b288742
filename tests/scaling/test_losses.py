"""Losses: their derivatives, what they answer, the scale of the residual; errors and weights of the rows."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import linprog

from lab.core.errors import InputError, LabError
from lab.scaling import Absolute, Asymmetric, Data, Huber, LeastSquares, Loss, Status, fit_law, read_loss
from tests.scaling.designs import load, make_data

LOSSES = (LeastSquares(), Huber(0.02), Absolute(1e-3), Asymmetric(10.0, 0.02))
SIZES = {"x": np.repeat(np.geomspace(3e4, 4e6, 8), 3)}
TRUTH = np.array([1.2, 60.0, 0.42])


def make_curve(noise: float = 0.005, seed: int = 0) -> Data:
    return make_data(load("power"), TRUTH, SIZES, noise, seed)


@pytest.mark.parametrize("loss", LOSSES, ids=str)
def test_derivatives_belong_together(loss: Loss) -> None:
    r = np.array([-0.31, -0.013, -0.0004, 0.0003, 0.011, 0.2])
    step = 1e-7
    np.testing.assert_allclose(
        (loss.value(r + step) - loss.value(r - step)) / (2 * step), loss.slope(r), rtol=1e-5, atol=1e-9
    )
    np.testing.assert_allclose(
        (loss.slope(r + step) - loss.slope(r - step)) / (2 * step), loss.curvature(r), rtol=1e-5, atol=1e-6
    )
    np.testing.assert_allclose(loss.weight(r) * r, loss.slope(r), rtol=1e-12)
    assert loss.value(np.zeros(1)) == 0 and (loss.value(r) > 0).all()


@pytest.mark.parametrize("loss", LOSSES, ids=str)
def test_the_expected_curvature_is_the_mean_over_normal_residuals(loss: Loss) -> None:
    r = 0.015 * np.random.default_rng(0).standard_normal(2_000_000)
    assert loss.expect_curvature(0.015) == pytest.approx(loss.curvature(r).mean(), rel=0.02)


def test_least_absolute_deviations_are_those_of_linear_programming() -> None:
    """ln L = ln A − α ln x is linear, so the exact answer is known."""
    x = np.geomspace(1e4, 1e7, 21)
    rng = np.random.default_rng(4)
    data = Data({"x": x}, 9 * x**-0.12 * np.exp(0.01 * rng.standard_t(2, 21)), np.arange(21))
    columns = np.column_stack([np.ones(21), -np.log(x)])
    size = np.hstack([np.eye(21), -np.eye(21)])
    exact = linprog(
        np.concatenate([np.zeros(2), np.ones(42)]), A_eq=np.hstack([columns, size]), b_eq=np.log(data.y),
        bounds=[(None, None)] * 2 + [(0, None)] * 42,
    )  # fmt: skip
    fit = fit_law(load("pure_power"), data, Absolute())
    assert fit.status is Status.CONVERGED and fit.theta is not None
    np.testing.assert_allclose([np.log(fit.theta[0]), fit.theta[1]], exact.x[:2], rtol=1e-7)
    assert fit.objective == pytest.approx(exact.fun, abs=1e-7)


def test_absolute_is_the_limit_of_huber() -> None:
    data = make_curve(0.01)
    limit, narrow = fit_law(load("power"), data, Absolute()), fit_law(load("power"), data, Huber(1e-7))
    assert limit.theta is not None and narrow.theta is not None
    np.testing.assert_allclose(limit.theta, narrow.theta, rtol=1e-3)
    assert limit.objective == pytest.approx(narrow.objective / 1e-7, rel=1e-4)


def test_an_asymmetric_loss_lies_below_the_runs() -> None:
    data = make_curve(0.01)
    middle, low = fit_law(load("power"), data), fit_law(load("power"), data, Asymmetric(10.0))
    at = {"x": SIZES["x"]}
    below = (low.predict_mean(**at).value < data.y).mean()
    assert below > 0.7 > (middle.predict_mean(**at).value < data.y).mean()
    assert low.status is Status.CONVERGED and "jackknife" in low.find("alpha").method


def test_raw_and_log_agree_where_the_noise_is_small_and_differ_in_what_they_weigh() -> None:
    exact = make_data(load("power"), TRUTH, {"x": np.geomspace(3e4, 4e6, 12)})
    for loss in (LeastSquares(on="raw"), Huber(0.05, on="raw")):
        fit = fit_law(load("power"), exact, loss)
        assert fit.theta is not None
        np.testing.assert_allclose(fit.theta, TRUTH, rtol=1e-9)
    noisy = make_curve(0.01)
    raw, log = fit_law(load("power"), noisy, LeastSquares(on="raw")), fit_law(load("power"), noisy, LeastSquares())
    r = noisy.y - raw.predict_mean(**SIZES).value
    assert (r**2).sum() / 2 == pytest.approx(raw.objective, rel=1e-12)
    assert (r**2).sum() < ((noisy.y - log.predict_mean(**SIZES).value) ** 2).sum()
    ahead = raw.predict_new_run(x=1e8)
    assert ahead.high[0] - ahead.value[0] == pytest.approx(ahead.value[0] - ahead.low[0], rel=1e-12)


def test_weights_are_rows_counted_often() -> None:
    data = make_curve()
    weights = np.ones(len(data))
    weights[::3] = 4.0
    weighted = fit_law(load("power"), Data(data.x, data.y, data.clusters, weights=weights), LeastSquares())
    rows = np.repeat(np.arange(len(data)), weights.astype(int))
    repeated = fit_law(load("power"), Data({"x": data.x["x"][rows]}, data.y[rows], rows), LeastSquares())
    assert weighted.theta is not None and repeated.theta is not None
    np.testing.assert_allclose(weighted.theta, repeated.theta, rtol=1e-8)


def test_a_known_error_is_told_from_the_scatter_of_the_runs() -> None:
    """Half of the rows measured badly, and known to be: the fit leans on the others, the spread is that of the runs."""
    rng = np.random.default_rng(2)
    x = {"x": np.repeat(np.geomspace(3e4, 4e6, 10), 20)}
    error = np.where(np.arange(200) % 2, 0.05, 0.001)
    exact = load("power").predict(TRUTH, **x)
    data = Data(x, exact * np.exp(error * rng.standard_normal(200) + 0.004 * rng.standard_normal(200)), np.arange(200))
    told = fit_law(load("power"), Data(data.x, data.y, data.clusters, error=error), LeastSquares())
    blind = fit_law(load("power"), data, LeastSquares())
    widths = [fit.find("alpha").high - fit.find("alpha").low for fit in (told, blind)]
    assert told.status is Status.CONVERGED and widths[0] < widths[1] / 3
    assert told.find("alpha").contains(0.42)
    larger = load("power").predict(np.array([1e3, 1e3, 1.0]) * TRUTH, **x) * data.y / exact
    raw = fit_law(load("power"), Data(x, larger, data.clusters, error=error), LeastSquares(on="raw")).find("alpha")
    assert raw.high - raw.low == pytest.approx(widths[0], rel=0.2), "an error of ln y, whatever the scale of the loss"


@pytest.mark.parametrize(
    ("text", "loss"),
    [
        ("squares", LeastSquares()),
        ("huber", Huber()),
        ("huber:0.001", Huber(0.001)),
        ("absolute@raw", Absolute(on="raw")),
        ("asymmetric:10", Asymmetric(10.0)),
    ],
)
def test_a_loss_by_its_name(text: str, loss: Loss) -> None:
    assert read_loss(text) == loss


@given(st.text(max_size=12))
def test_any_other_text_is_refused_with_a_message(text: str) -> None:
    try:
        assert isinstance(read_loss(text), Loss)
    except LabError as error:
        assert isinstance(error, InputError) and str(error)


@pytest.mark.parametrize(("name", "value"), [("weights", 0.0), ("error", -1.0), ("weights", np.nan)])
def test_weights_and_errors_are_checked(name: str, value: float) -> None:
    with pytest.raises(InputError, match=name):
        Data({"x": np.ones(2)}, np.ones(2), np.arange(2), **{name: np.array([1.0, value])})
