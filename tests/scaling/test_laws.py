"""The contract of the laws shelf, over every entry, a user's own in LAB_PATH among them."""

from __future__ import annotations

import re

import numpy as np
import pytest

from lab.core.registry import Entry
from lab.scaling import Data, LeastSquares, Status, fit_law
from lab.scaling.diagnosis import find_condition
from lab.scaling.problem import Problem
from tests.scaling.designs import LAWS, exemplify, load, make_data

EVERY_LAW = pytest.mark.parametrize("entry", LAWS, ids=lambda entry: entry.name)


@EVERY_LAW
def test_it_says_what_it_is(entry: Entry) -> None:
    law = load(entry)
    assert law.name == entry.name
    assert re.search(r"\b(19|20)\d\d\b", law.citation) and re.search(r"\b(19|20)\d\d\b", entry.module.__doc__ or "")
    findable = r"\barXiv \d{4}\.\d{5}\b|\bdoi |\b(eqs?\.|section|appendix|table)"
    assert re.search(findable, law.citation), "say which paper, or where in it"
    assert re.search(r"\b(19|20)\d\d\b", type(law).__doc__ or "") or not entry.builtin
    assert len({p.name for p in law.parameters}) == len(law.parameters)
    assert all(p.low < p.high for p in law.parameters)


@EVERY_LAW
def test_gradient_agrees_with_finite_differences(entry: Entry) -> None:
    law = load(entry)
    theta, x = exemplify(law)
    step = 1e-5 * np.abs(theta)
    for j in range(len(theta)):
        move = np.zeros_like(theta)
        move[j] = step[j]
        difference = (law.predict(theta + move, **x) - law.predict(theta - move, **x)) / (2 * step[j])
        of_one_percent = np.abs(theta[j]) / 100  # so that the units of a parameter do not decide what is close
        gradient = law.gradient(theta, **x)[:, j]
        np.testing.assert_allclose(gradient * of_one_percent, difference * of_one_percent, rtol=1e-6, atol=1e-10)


@EVERY_LAW
def test_many_parameter_vectors_at_once(entry: Entry) -> None:
    law = load(entry)
    theta, x = exemplify(law)
    theta = theta * np.linspace(0.99, 1.01, 6)[:, None]
    single = np.stack([law.predict(row, **x) for row in theta])
    np.testing.assert_allclose(law.predict(theta.reshape(2, 3, -1), **x).reshape(6, -1), single, rtol=1e-12)
    assert law.gradient(theta.reshape(2, 3, -1), **x).shape == (2, 3, single.shape[1], theta.shape[1])


@EVERY_LAW
def test_second_derivatives_agree_with_first(entry: Entry) -> None:
    law = load(entry)
    theta, x = exemplify(law)
    chart = law.chart(x)
    u = chart.read(theta)[None]
    c = np.random.default_rng(0).standard_normal((1, len(next(iter(x.values())))))
    for j in range(u.shape[1]):
        move = np.zeros_like(u)
        move[:, j] = 1e-5
        ahead, behind = (np.einsum("bn,bnp->bp", c, chart.slope(u + side * move)[1]) for side in (1, -1))
        curve = chart.curve(u, c, chart.slope(u)[1])[0, j]
        np.testing.assert_allclose(curve, (ahead - behind)[0] / 2e-5, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(chart.write(u)[0], theta, rtol=1e-12)


@EVERY_LAW
def test_it_recovers_its_parameters_from_noise_free_data(entry: Entry) -> None:
    law = load(entry)
    theta, x = exemplify(law)
    data = make_data(law, theta, x)
    bar = 1e-10 * max(1.0, find_condition(Problem(law, data, LeastSquares()), theta) / 1e6)
    for loss in (None, LeastSquares()):
        fit = fit_law(law, data, loss)
        assert fit.status is Status.CONVERGED, fit.reason
        assert fit.theta is not None
        np.testing.assert_allclose(fit.theta, theta, rtol=bar)
        assert fit.objective < 1e-24


@EVERY_LAW
@pytest.mark.parametrize("seed", [1, 2])
def test_with_noise_no_better_fit_is_missed(entry: Entry, seed: int) -> None:
    """The truth is a fit too; one that ends above its objective stopped in a worse valley."""
    law, loss = load(entry), LeastSquares()
    theta, x = exemplify(law)
    data = make_data(law, theta, x, 0.005, seed)
    fit = fit_law(law, data, loss)
    assert fit.theta is not None, fit.reason
    assert fit.objective <= loss.value(np.log(data.y) - np.log(law.predict(theta, **x))).sum()


DEGENERATE = {
    "wide": (8.0, 20.0),
    "no noise and no slope": (1.0, 0.0),
    "vast": (250.0, 250.0),
}


@EVERY_LAW
@pytest.mark.parametrize("kind", DEGENERATE)
def test_degenerate_data_have_a_status(entry: Entry, kind: str) -> None:
    """Predictors and losses over so many decades, unrelated: an answer or a reason, never an exception."""
    law, chance = load(entry), np.random.default_rng(5)
    decades, spread = DEGENERATE[kind]
    x = {name: 10 ** chance.uniform(-decades, decades, 16) for name in law.predictors}
    fit = fit_law(law, Data(x, 10 ** chance.uniform(-spread, spread, 16), np.arange(16)))
    assert fit.status is Status.CONVERGED or (fit.reason and fit.next_step)
    if fit.status is Status.CONVERGED:
        assert fit.theta is not None and np.isfinite(fit.theta).all()
