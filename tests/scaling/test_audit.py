"""Published ways of going wrong, each caught: a search that stopped early, one that never left, a flat ridge."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.optimize import curve_fit, minimize
from scipy.special import logsumexp

from lab.core.errors import InputError
from lab.scaling import Data, Huber, LeastSquares, Status, audit_parameters, fit_law
from tests.scaling.designs import add_luck, load, make_data, make_trunks

HOFFMANN = {"E": 1.69, "A": 406.4, "B": 410.7, "alpha": 0.34, "beta": 0.28}


def make_isoflop(noise: float = 0.004) -> Data:
    """Two hundred runs over Chinchilla's range, about the optimum of each of eight budgets."""
    compute = np.repeat(np.geomspace(6e18, 3e21, 8), 25)
    size = 0.1 * compute**0.5 * np.tile(np.geomspace(1 / 8, 8, 25), 8)
    theta = np.array([HOFFMANN[name] for name in ("E", "A", "B", "alpha", "beta")])
    return make_data(load("chinchilla"), theta, {"size": size, "tokens": compute / 6 / size}, noise)


def minimize_mean(data: Data, start: NDArray[Any]) -> dict[str, float]:
    """The usual script: log-sum-exp, the Huber losses averaged, the optimiser's default stopping rule."""
    log_n, log_d, log_y = np.log(data.x["size"]), np.log(data.x["tokens"]), np.log(data.y)

    def objective(p: NDArray[Any]) -> float:
        terms = np.stack([p[0] - p[3] * log_n, p[1] - p[4] * log_d, np.full(len(log_y), p[2])])
        return float(Huber(1e-3).value(log_y - logsumexp(terms, axis=0)).mean())

    a, b, e, alpha, beta = minimize(objective, start, method="BFGS").x
    return {"E": np.exp(e), "A": np.exp(a), "B": np.exp(b), "alpha": alpha, "beta": beta}


def test_averaged_loss_early_stop() -> None:
    """The gradient of a mean is small everywhere; the search stops at once and its parameters are far off."""
    data = make_isoflop()
    theirs = minimize_mean(data, np.array([5.0, 5.0, 0.5, 0.3, 0.3]))
    audit = audit_parameters(load("chinchilla"), data, theirs, Huber(1e-3))
    assert audit.verdict == "stopped early" and audit.ratio > 1.05 and audit.decrement > 0.01
    assert audit.outside and "times the least" in audit.reason
    ours = audit_parameters(load("chinchilla"), data, dict(zip(audit.fit.form.names, audit.fit.theta, strict=True)),
                            Huber(1e-3))  # fmt: skip
    assert ours.verdict == "converged" and not ours.outside and ours.ratio == pytest.approx(1, abs=1e-9)


def test_inverted_sigma() -> None:
    """Weights squared and turned over: `curve_fit` sees no slope and hands its start back, as if it had fitted."""
    law, x = load("power"), {"x": np.geomspace(1e16, 1e19, 9)}
    data = make_data(law, np.array([1.9, 130.0, 0.1]), x, 0.002)
    start = {"E": 1.0, "A": float(np.exp(5)), "alpha": 0.1}
    deviation = np.full(9, 0.001)
    theirs, _ = curve_fit(lambda c, e, a, k: e + a * c**-k, x["x"], data.y, p0=list(start.values()),
                          sigma=1 / deviation**2, method="trf")  # fmt: skip
    audit = audit_parameters(law, data, dict(zip(start, theirs, strict=True)), LeastSquares(), start)
    assert audit.verdict == "stuck at its start" and audit.ratio > 10
    right, _ = curve_fit(lambda c, e, a, k: e + a * c**-k, x["x"], data.y, p0=[1.9, 130, 0.1], xtol=1e-14, ftol=1e-14)
    told = audit_parameters(law, data, dict(zip(start, right, strict=True)), LeastSquares(on="raw"), start)
    assert told.verdict == "converged"


def test_parameters_that_fit_exact_data_to_round_off_are_converged() -> None:
    law, theta = load("power"), np.array([1.9, 130.0, 0.1])
    data = make_data(law, theta, {"x": np.geomspace(1e16, 1e19, 9)}, 0.0)
    rounded = dict(zip(law.names, theta * (1 + 1e-10), strict=True))
    audit = audit_parameters(law, data, rounded, LeastSquares())
    assert audit.verdict == "converged" and audit.ratio == 1


def test_flat_ridge() -> None:
    """One epoch and a half say nothing of how repetition wears off: R_D* is a ridge, and is called unidentified."""
    law = load("data_constrained")
    example = law.example()
    assert example is not None
    theta, _ = example
    unique = np.tile(np.repeat(np.geomspace(1e8, 1e9, 4), 3), 4)
    size = np.repeat(np.geomspace(1e7, 4e8, 4), 12)
    x = {"size": size, "tokens": unique * np.tile([0.5, 1.0, 1.5], 16), "unique_tokens": unique}
    fit = fit_law(law, make_data(law, theta, x, 0.004))
    assert fit.status is Status.UNIDENTIFIED and "R_D" in fit.reason and "ridge" in fit.reason and fit.next_step
    flat = fit.find("R_D")
    assert flat.low < theta[5] < flat.high and flat.high / flat.low > 100


def test_one_start_whose_matrix_is_singular_does_not_fail_the_others() -> None:
    """Without repeats nothing depends on R_D*: the law is not identified there, and yet it has a best fit."""
    x, trunks = make_trunks((16, 24, 32, 48, 64), 3, 4)
    losses = add_luck(
        np.random.default_rng(0), load("chinchilla").predict(np.array([0.9, 60, 900, 0.42, 0.5]), **x), trunks
    )
    fit = fit_law(load("data_constrained"), Data({**x, "unique_tokens": x["tokens"]}, losses, trunks))
    assert fit.theta is not None and fit.status in (Status.BOUND_HIT, Status.UNIDENTIFIED)
    plain = fit_law(load("chinchilla"), Data(x, losses, trunks))
    assert fit.objective <= plain.objective * (1 + 1e-4)  # R_N* ends at its bound, not at infinity


@pytest.mark.parametrize(
    ("parameters", "named"),
    [({"E": 1.0}, "A"), ({**HOFFMANN, "gamma": 1.0}, "gamma"), ({**HOFFMANN, "alpha": -4.0}, "alpha")],
)
def test_parameters_are_checked(parameters: dict[str, float], named: str) -> None:
    with pytest.raises(InputError, match=named):
        audit_parameters(load("chinchilla"), make_isoflop(), parameters)


def test_data_that_bear_no_fit_bear_no_audit() -> None:
    few = Data({"size": np.ones(3), "tokens": np.ones(3)}, np.ones(3), np.arange(3))
    audit = audit_parameters(load("chinchilla"), few, HOFFMANN)
    assert audit.verdict == "no optimum to compare with" and audit.reason
