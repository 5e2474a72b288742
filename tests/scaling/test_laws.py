"""The contract of the laws shelf, over every entry, a user's own in LAB_PATH among them."""

from __future__ import annotations

import re

import numpy as np
import pytest

from lab.core.registry import Entry
from lab.scaling import LeastSquares, Status, fit_law
from lab.scaling.diagnosis import find_condition
from lab.scaling.problem import Problem
from tests.scaling.designs import LAWS, choose_theta, load, make_data, make_predictors

EVERY_LAW = pytest.mark.parametrize("entry", LAWS, ids=lambda entry: entry.name)


@EVERY_LAW
def test_it_says_what_it_is(entry: Entry) -> None:
    law = load(entry)
    assert law.name == entry.name
    assert re.search(r"\b(19|20)\d\d\b", law.citation) and re.search(r"\b(19|20)\d\d\b", entry.module.__doc__ or "")
    assert len({p.name for p in law.parameters}) == len(law.parameters)
    assert all(p.low < p.high for p in law.parameters)


@EVERY_LAW
def test_gradient_agrees_with_finite_differences(entry: Entry) -> None:
    law = load(entry)
    x = make_predictors(law)
    theta = choose_theta(law, x)
    step = 1e-5 * np.abs(theta)
    for j in range(len(theta)):
        move = np.zeros_like(theta)
        move[j] = step[j]
        difference = (law.predict(theta + move, **x) - law.predict(theta - move, **x)) / (2 * step[j])
        np.testing.assert_allclose(law.gradient(theta, **x)[:, j], difference, rtol=1e-6, atol=1e-12)


@EVERY_LAW
def test_many_parameter_vectors_at_once(entry: Entry) -> None:
    law = load(entry)
    x = make_predictors(law)
    theta = choose_theta(law, x) * np.linspace(0.9, 1.1, 6)[:, None]
    single = np.stack([law.predict(row, **x) for row in theta])
    np.testing.assert_allclose(law.predict(theta.reshape(2, 3, -1), **x).reshape(6, -1), single, rtol=1e-12)
    assert law.gradient(theta.reshape(2, 3, -1), **x).shape == (2, 3, single.shape[1], theta.shape[1])


@EVERY_LAW
def test_second_derivatives_agree_with_first(entry: Entry) -> None:
    law = load(entry)
    x = make_predictors(law)
    chart = law.chart(x)
    u = chart.read(choose_theta(law, x))[None]
    c = np.random.default_rng(0).standard_normal((1, len(next(iter(x.values())))))
    for j in range(u.shape[1]):
        move = np.zeros_like(u)
        move[:, j] = 1e-5
        ahead, behind = (np.einsum("bn,bnp->bp", c, chart.slope(u + side * move)[1]) for side in (1, -1))
        np.testing.assert_allclose(
            chart.curve(u, c, chart.slope(u)[1])[0, j], (ahead - behind)[0] / 2e-5, rtol=1e-4, atol=1e-5
        )
    np.testing.assert_allclose(chart.write(u)[0], choose_theta(law, x), rtol=1e-12)


@EVERY_LAW
def test_it_recovers_its_parameters_from_noise_free_data(entry: Entry) -> None:
    law = load(entry)
    x = make_predictors(law)
    theta = choose_theta(law, x)
    data = make_data(law, theta, x)
    bar = 1e-10 * max(1.0, find_condition(Problem(law, data, LeastSquares()), theta) / 1e6)
    for loss in (None, LeastSquares()):
        fit = fit_law(law, data, loss)
        assert fit.status is Status.CONVERGED, fit.reason
        assert fit.theta is not None
        np.testing.assert_allclose(fit.theta, theta, rtol=bar)
        assert fit.objective < 1e-24
