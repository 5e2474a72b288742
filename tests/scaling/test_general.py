"""The general path: laws that are not positive, nowhere linear, from starts that are given."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks.nist_models import MODELS, count_digits, make_law, read_reference
from lab.core.errors import InputError
from lab.scaling import Data, Huber, Law, LeastSquares, Parameter, Status, fit_law
from tests.truth import find_truth

RAW = LeastSquares(on="raw")
KNOWN: dict[str, tuple[tuple[float, ...], tuple[float, ...], NDArray[Any]]] = {
    "Misra1a": ((240.0, 5.5e-4), (500.0, 1e-4), np.linspace(70, 760, 14)),
    "MGH17": ((0.4, 1.9, -1.5, 0.013, 0.022), (0.5, 1.5, -1.0, 0.01, 0.02), np.linspace(0, 320, 33)),
    "Rat43": ((700.0, 5.3, 0.76, 1.3), (700.0, 5.0, 0.75, 1.3), np.linspace(1, 15, 15)),
    "Roszman1": ((0.2, -6e-6, 1200.0, -181.0), (0.1, -1e-5, 1000.0, -100.0), np.linspace(-5000, -300, 25)),
    "Lanczos3": ((0.1, 1.0, 0.86, 3.0, 1.6, 5.0), (1.2, 0.3, 5.6, 5.5, 6.5, 7.6), np.linspace(0, 1.15, 24)),
}  # parameters, a start, the predictor


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("start", [0, 1])
def test_the_reference_problems_of_nist(name: str, start: int) -> None:
    """At least six digits of every parameter, and of every standard error but Lanczos1's, whose data are exact."""
    reference = read_reference(find_truth("laws/NIST_STRD"), name)
    fit = fit_law(reference.law, reference.data, RAW, starts=reference.starts[start], interval="t")
    assert fit.status is Status.CONVERGED and fit.theta is not None and fit.covariance is not None
    assert count_digits(fit.theta, reference.parameters) >= 6
    assert name == "Lanczos1" or count_digits(np.sqrt(np.diag(fit.covariance)), reference.errors) >= 6


@pytest.mark.parametrize("name", KNOWN)
def test_models_of_that_kind_recover_what_made_the_data(name: str) -> None:
    truth, start, x = KNOWN[name]
    law = make_law(name, len(truth))
    y = law.predict(np.array(truth), x=x)
    fit = fit_law(law, Data({"x": x}, y, np.arange(len(x))), RAW, starts=start)
    assert fit.status is Status.CONVERGED and fit.theta is not None
    np.testing.assert_allclose(fit.theta, truth, rtol=1e-10 * max(1.0, fit.condition / 1e3))


def test_a_robust_loss_leaves_an_outlier_out() -> None:
    truth, start, x = KNOWN["Misra1a"]
    law = make_law("Misra1a", 2)
    y = law.predict(np.array(truth), x=x) + np.where(np.arange(14) == 5, 20.0, 0.0)
    y = y + 0.01 * np.random.default_rng(0).standard_normal(14)
    data = Data({"x": x}, y, np.arange(14))
    robust, squares = (fit_law(law, data, loss, starts=start) for loss in (Huber(0.05, on="raw"), RAW))
    assert robust.theta is not None and squares.theta is not None
    assert abs(robust.theta[0] - 240) < abs(squares.theta[0] - 240) / 20


def test_a_law_that_may_be_negative_needs_the_raw_scale_and_says_so() -> None:
    law = make_law("Misra1a", 2)
    x = KNOWN["Misra1a"][2]
    fit = fit_law(law, Data({"x": x}, 1 + x, np.arange(14)), starts=(500.0, 1e-4))
    assert fit.status is Status.REFUSED and "no logarithm" in fit.reason and "raw" in fit.next_step


@pytest.mark.parametrize("starts", [(1.0,), (np.nan, 1.0), ((1.0, 2.0, 3.0),)])
def test_starts_are_checked(starts: Any) -> None:
    law = make_law("Misra1a", 2)
    x = KNOWN["Misra1a"][2]
    with pytest.raises(InputError, match="starts of law"):
        fit_law(law, Data({"x": x}, 1 + x, np.arange(14)), RAW, starts=starts)


class Plateau(Law):
    """No slope anywhere the start can see: |θ| beyond 1 has no effect (a saturated unit, 2020)."""

    name = "plateau"
    citation = "made for this test, 2020"
    predictors = ("x",)
    parameters = (Parameter("A", "A", low=-np.inf), Parameter("k", "k", low=-np.inf))
    positive = False

    def predict(self, theta: NDArray[Any], **x: NDArray[Any]) -> NDArray[Any]:
        a, k = self.split(theta)
        return np.asarray(a + np.tanh(1e3 * k) * x["x"])


def test_a_search_that_cannot_leave_its_start_never_returns_it_as_converged() -> None:
    x = np.linspace(1, 2, 12)
    y = 0.3 * x + 0.01 * np.random.default_rng(0).standard_normal(12)
    fit = fit_law(Plateau(), Data({"x": x}, y, np.arange(12)), RAW, starts=(5.0, 400.0))
    assert fit.status is not Status.CONVERGED and fit.reason and fit.next_step
    assert not any(estimate.has_interval for estimate in fit.estimates)
