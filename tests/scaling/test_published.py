"""What the papers say of their laws: limits, special cases and published values, exact where the mathematics is."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose
from numpy.typing import NDArray

from lab.scaling import Law, LeastSquares, Status, fit_law
from lab.scaling.laws.data_constrained import decay, find_best_size
from lab.scaling.laws.mixture_of_experts import saturate
from lab.scaling.laws.speedup import Speedup
from tests.scaling.designs import exemplify, load, make_data

Array = NDArray[Any]


def predict(name: str, *theta: float, **x: Any) -> Array:
    """A law of the shelf at predictors of any length."""
    columns = np.broadcast_arrays(*(np.atleast_1d(np.asarray(value, float)) for value in x.values()))
    return np.asarray(load(name).predict(np.array(theta), **dict(zip(x, columns, strict=True))))


def typical(name: str) -> tuple[Law, Array]:
    return load(name), exemplify(load(name))[0]


def test_kaplan_without_a_limit_of_data_or_of_size() -> None:
    """Eq. 1.5 turns into eqs. 1.1 and 1.2; a = α_D/(α_N + α_D) is where the gain of both ends balances."""
    law, theta = typical("kaplan_joint")
    size, tokens = np.geomspace(1e6, 1e10, 5), np.geomspace(1e8, 1e12, 5)
    assert_allclose(law.predict(theta, size=size, tokens=np.full(5, 1e40)), (6.4e13 / size) ** 0.076, rtol=1e-12)
    assert_allclose(law.predict(theta, size=np.full(5, 1e60), tokens=tokens), (1.8e13 / tokens) ** 0.103, rtol=1e-12)
    assert_allclose(find_exponent_of_best_size(law, theta), law.derive(theta)["a"], rtol=1e-5)


@pytest.mark.parametrize("name", ["chinchilla", "tied", "overtrained"])
def test_the_exponent_of_the_best_size(name: str) -> None:
    law, theta = (
        load(name),
        np.array({"chinchilla": [1.7, 400.0, 2000.0, 0.34, 0.28]}.get(name, exemplify(load(name))[0])),
    )
    expected = law.derive(theta)["a"] if name == "chinchilla" else 0.5
    assert_allclose(find_exponent_of_best_size(law, theta), expected, rtol=1e-5)


@pytest.mark.parametrize("name", ["tied", "overtrained"])
def test_the_best_tokens_per_parameter(name: str) -> None:
    law, theta = typical(name)
    size = find_best(law, theta, 1e21)
    assert_allclose(1e21 / 6 / size**2, law.derive(theta)["tokens_per_parameter"], rtol=1e-5)


def find_best(law: Law, theta: Array, flops: float) -> float:
    """The size of least loss among 6·N·D = flops, by golden section on ln N."""
    low, high = np.log(1e3), np.log(flops / 6e3)
    shrink = (np.sqrt(5) - 1) / 2
    for _ in range(80):
        inner = np.exp([high - shrink * (high - low), low + shrink * (high - low)])
        loss = law.predict(theta, size=inner, tokens=flops / 6 / inner)
        low, high = (low, np.log(inner[1])) if loss[0] < loss[1] else (np.log(inner[0]), high)
    return float(np.exp((low + high) / 2))


def find_exponent_of_best_size(law: Law, theta: Array) -> float:
    return float(np.log(find_best(law, theta, 1e22) / find_best(law, theta, 1e18)) / np.log(1e4))


def test_critical_batch() -> None:
    """Far above B_crit only steps count, far below only tokens; at B = B_crit both are twice their least (eq. 5.2)."""
    law, theta = typical("critical_batch")
    size, steps = np.full(4, 1e8), np.geomspace(3e3, 1e5, 4)
    wide = law.predict(theta, size=size, tokens=steps * 1e30, batch_tokens=np.full(4, 1e30))
    assert_allclose(wide, predict("kaplan_steps", *theta[:4], size=size, min_steps=steps), rtol=1e-12)
    narrow = [
        law.predict(theta, size=size, tokens=steps * 1e6, batch_tokens=np.full(4, batch)) for batch in (1e-9, 1.0)
    ]
    assert_allclose(narrow[0], narrow[1], rtol=1e-5)
    loss = law.predict(theta, size=size, tokens=steps * 1e6, batch_tokens=np.full(4, 1e6))
    critical = law.find_critical(theta, loss)  # type: ignore[attr-defined]
    assert_allclose(critical, 2e8 / loss ** (1 / 0.21), rtol=1e-12)
    least = law.find_least_steps(theta, loss, steps, np.full(4, 1e6))  # type: ignore[attr-defined]
    assert_allclose(predict("kaplan_steps", *theta[:4], size=size, min_steps=least), loss, rtol=1e-12)
    assert_allclose(law.find_least_steps(theta, loss, steps, critical), steps / 2, rtol=1e-12)  # type: ignore[attr-defined]


def test_critical_batch_compute_exponent() -> None:
    """Kaplan et al., eq. 1.8: 1/(1/α_S + 1/α_B + 1/α_N) ≈ 0.052."""
    law, theta = typical("critical_batch")
    assert law.derive(theta)["a"] * theta[1] == pytest.approx(0.052, abs=5e-4)


def test_data_seen_once_is_chinchilla() -> None:
    law, theta = typical("data_constrained")
    tokens = np.geomspace(1e8, 1e11, 6)
    best = find_best_size(tokens, *theta[1:5])
    for share in (0.01, 1.0):
        x = {"size": share * best, "tokens": tokens}
        once = law.predict(theta, unique_tokens=tokens, **x)
        assert_allclose(once, predict("chinchilla", *theta[:5], **x), rtol=1e-13)
        assert (law.predict(theta, unique_tokens=tokens / 8, **x) > once).all()


def test_the_best_size_is_chinchillas() -> None:
    """Published: with A = 521, B = 1488, α = β = 0.353 a unique token bears 0.051 parameters."""
    assert find_best_size(np.array([1e9]), 521.0, 1488.0, 0.353, 0.353)[0] / 1e9 == pytest.approx(0.051, abs=5e-4)
    theta = typical("data_constrained")[1]
    tokens = 1e10
    size = find_best(
        load("chinchilla"), theta[:5], 6 * tokens * float(find_best_size(np.array([tokens]), *theta[1:5])[0])
    )
    assert_allclose(find_best_size(np.array([tokens]), *theta[1:5]), size, rtol=1e-5)


def test_repeated_data_decay() -> None:
    """Up to R_D^* repetitions most of the worth is left, at many none is added: D' → U_D·(1 + R_D^*)."""
    assert_allclose(decay(np.array([1e9, 1e30]), np.array(1e9), np.array(15.4)), [1e9, 16.4e9], rtol=1e-12)
    assert decay(np.array([4e9]), np.array(1e9), np.array(15.4))[0] > 0.9 * 4e9
    assert_allclose(
        decay(np.array([5e9]), np.array(1e9), np.array(1e17)), 5e9, rtol=1e-15
    )  # 1 − exp(−x) would give 1e9
    edge = decay(1e9 * (1 + np.array([-1e-6, 1e-6])), np.array(1e9), np.array(15.4))
    assert_allclose(np.diff(edge), 2e3, rtol=1e-6)


def test_m4_satisfies_its_equation() -> None:
    chance = np.random.default_rng(0)
    for _ in range(200):
        floor, span, alpha = chance.uniform(0, 0.5), chance.uniform(0.3, 3), 10 ** chance.uniform(-1.9, 1.5)
        beta, c, x = 10 ** chance.uniform(-2, 4), chance.uniform(0.1, 2), 10 ** chance.uniform(0, 6, 20)
        y = predict("m4", floor, floor + span, beta, c, alpha, x=x)
        inside = (y - floor > 1e-6) & (floor + span - y > 1e-6)
        left = (y - floor)[inside] / (floor + span - y)[inside] ** alpha
        assert_allclose(left, beta * x[inside] ** -c, rtol=1e-7)
        assert ((y >= floor) & (y <= floor + span)).all()


def test_m4_special_cases() -> None:
    x = np.geomspace(1e2, 1e8, 9)
    odds = 300 * x**-0.6
    assert_allclose(predict("m4", 0.08, 0.9, 300, 0.6, 1, x=x), (0.08 + 0.9 * odds) / (1 + odds), rtol=1e-13)
    assert_allclose(predict("m4", 0.08, 0.9, 300, 0.6, 1e-9, x=x[4:]), 0.08 + 300 * x[4:] ** -0.6, rtol=1e-8)
    assert_allclose(predict("m4", 0.08, 0.9, 300, 0.6, 0.7, x=[1e-30, 1e40]), [0.9, 0.08], rtol=1e-12)


def test_m3_and_shifted_are_power_where_nothing_bends_them() -> None:
    x = np.geomspace(1e2, 1e7, 9)
    expected = predict("power", 0.6, 40, 0.45, x=x)
    assert_allclose(predict("m3", 0.6, 40, 0.45, 1e-30, x=x), expected, rtol=1e-12)
    assert_allclose(predict("shifted", 0.6, 40, 1e-15, 0.45, x=x), expected, rtol=1e-12)
    law, theta = typical("m3")
    assert_allclose(law.predict(theta, x=np.array([1e40])), law.derive(theta)["limit"], rtol=1e-12)


def test_broken_laws_are_power_laws_between_their_breaks() -> None:
    """With f → 0 the pieces are straight, their slopes sums of the c; without change of slope there is no break."""
    theta = (0.0, 5.0, 0.2, 0.3, 1e4, 1e-2, -0.4, 1e8, 1e-2)
    for middle, slope in ((1e2, 0.2), (1e6, 0.5), (1e10, 0.1)):
        y = predict("broken_2", *theta, x=middle * np.array([1, 1.1]))
        assert_allclose(-np.diff(np.log(y)) / np.log(1.1), slope, rtol=1e-9)
    assert load("broken_2").derive(np.array(theta))["last"] == pytest.approx(0.1)
    x = np.geomspace(1e2, 1e7, 9)
    assert_allclose(
        predict("broken_1", 0.6, 40, 0.45, 0, 1e4, 0.5, x=x), predict("power", 0.6, 40, 0.45, x=x), rtol=1e-13
    )
    assert_allclose(predict("broken_3", *theta, 0, 1e3, 1, x=x), predict("broken_2", *theta, x=x), rtol=1e-13)


def test_overtrained_as_published() -> None:
    """L(C, M) = E + (a·M^η + b·M^(−η))·C^(−η), and the law `tied` with α = 2η."""
    size, tokens = np.array([1e8, 1e9, 1e9]), np.array([2e9, 2e9, 6e11])
    flops, ratio = 6 * size * tokens, tokens / size
    expected = 1.84 + (141 * ratio**0.121 + 190 * ratio**-0.121) * flops**-0.121
    assert_allclose(predict("overtrained", 1.84, 141, 190, 0.121, size=size, tokens=tokens), expected, rtol=1e-13)
    tied = predict("tied", 1.84, 141 * 6**-0.121, 190 * 6**-0.121, 0.242, size=size, tokens=tokens)
    assert_allclose(tied, expected, rtol=1e-13)


def test_experts_saturate() -> None:
    assert_allclose(saturate(np.array([1.0, 1e15]), np.array(1.85), np.array(314.0)), [1.85, 314], rtol=1e-12)
    law, theta = typical("mixture_of_experts")
    few, many = law.predict(theta, size=np.array([1e8, 1e8]), experts=np.array([1.0, 512.0]))
    assert many < few
    cutoff = np.full(2, law.derive(theta)["cutoff"])
    assert np.ptp(law.predict(theta, size=cutoff, experts=np.array([1.0, 512.0]))) < 1e-12


def test_the_sigmoid_runs_from_the_ceiling_to_chance() -> None:
    law, theta = typical("downstream_sigmoid")
    ends = law.predict(theta, loss_nats=np.array([-1e3, 1.1, 1e3]))
    assert_allclose(ends, [0.95, 0.95 - 0.35, law.derive(theta)["chance"]], rtol=1e-12)


def test_speedup() -> None:
    """A run of the baseline has the speed-up 1; the same loss at half the compute 2; at L_∞ there is none."""
    law, theta, flops = Speedup(floor_nats=1.7), np.array([95.0, 0.1]), np.geomspace(1e17, 1e22, 12)
    loss = law.predict(theta, x=flops)
    assert_allclose(law.find_speedup(theta, flops, loss), 1, rtol=1e-11)
    assert_allclose(law.find_speedup(theta, flops / 2, loss), 2, rtol=1e-11)
    assert np.isnan(law.find_speedup(theta, flops[:1], np.array([1.7]))).all()
    fit = fit_law(law, make_data(law, theta, {"x": flops}), LeastSquares())
    assert fit.status is Status.CONVERGED
    assert_allclose(fit.theta, theta, rtol=1e-10)


def test_m4_of_a_power_law_ends_at_its_bound() -> None:
    """Data that do not bend towards ε_0 leave it open: the search follows β, ε_0 and α to the end and says so."""
    data = make_data(load("power"), np.array([0.6, 40.0, 0.45]), {"x": np.geomspace(1e4, 1e7, 16)}, 0.002)
    fit, power = (fit_law(load(name), data, LeastSquares()) for name in ("m4", "power"))
    assert fit.status in (Status.BOUND_HIT, Status.UNIDENTIFIED)
    assert fit.objective <= power.objective * (1 + 1e-4)
