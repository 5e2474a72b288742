"""Polynomials by every code: densities that integrate to one, closed forms, and the order that is found."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.polynomial.legendre import legvander
from scipy.stats import multivariate_t

from lab.complexity.mdl.panel import CODES
from lab.complexity.mdl.regression import (
    LEAST,
    count_bayes_bits,
    count_hindsight_bits,
    count_nml_bits,
    count_plug_in_bits,
    describe_polynomial,
    trace_bayes_bits,
)
from lab.core.errors import InputError


def draw_cubic(n: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    x = rng.uniform(-1, 1, n)
    return x, 0.5 - x + 2 * x**3 + 0.3 * rng.standard_normal(n)


def test_every_code_finds_the_true_order() -> None:
    panel = describe_polynomial(*draw_cubic(400), range(9))
    for code in panel.lengths.keys() - {"switch"}:
        assert panel.choose_order(code) == 3, code
        assert panel.find_regret(code, 3) > 0, code
    assert min(panel.hindsight, key=panel.hindsight.__getitem__) == 8, "hindsight alone overfits"
    assert set(panel.lengths) <= set(CODES)


def test_bayes_is_the_student_density_and_its_own_predictions() -> None:
    rng = np.random.default_rng(0)
    design, values = rng.standard_normal((7, 2)), rng.standard_normal(7)
    shape = np.eye(7) + design @ design.T / 0.1
    exact = -multivariate_t(shape=shape, df=1.0).logpdf(values) / math.log(2)
    assert count_bayes_bits(design, values) == pytest.approx(exact, abs=1e-9)
    assert trace_bayes_bits(design, values).sum() == pytest.approx(exact, abs=1e-9)


def test_nml_is_a_density() -> None:
    """∫ 2^−length dy = 1 over three values and one column, by mean m and residual radius ρ: dy = √3 dm · 2πρ dρ."""
    column, across = np.ones((3, 1)), np.array([1.0, -1.0, 0.0]) / math.sqrt(2)
    nodes, weights = np.polynomial.legendre.leggauss(12)
    log_least = math.log(LEAST) / 2  # of m and of the deviation, both below 1
    logs, steps = log_least * (1 - nodes) / 2, -log_least / 2 * weights
    means = [(math.exp(u), math.exp(u) * du) for u, du in zip(logs, steps, strict=True)]
    means += [(math.exp(log_least) / 2, math.exp(log_least))]  # below the range the length does not depend on m
    total = 0.0
    for mean, dm in means:
        for u, du in zip(logs, steps, strict=True):
            radius = math.sqrt(3) * math.exp(u)
            density = 2.0 ** -count_nml_bits(column, mean + radius * across)
            total += 2 * math.sqrt(3) * dm * 2 * math.pi * radius * radius * du * density  # twice: m of either sign
    assert total == pytest.approx(1, rel=1e-6)


def test_regret_grows_by_half_a_logarithm_per_parameter() -> None:
    """Order 3 has four coefficients and the noise; over independent data sets, from 100 values to 3200."""
    grown = []
    for seed in range(12):
        cubics = [draw_cubic(n, seed) for n in (100, 3200)]
        designs = [(legvander(x, 3), y / np.sqrt(np.mean(y**2))) for x, y in cubics]
        grown.append([count_nml_bits(*data) - count_hindsight_bits(*data) for data in designs])
    slope = np.diff(grown, axis=1).mean() / math.log2(32)
    assert slope == pytest.approx(2.5, abs=0.1)


def test_a_plug_in_waits_for_its_blocks() -> None:
    design, values = np.ones((32, 1)), np.full(32, 3.0) + 0.1 * np.sin(np.arange(32.0))
    each, block, never = (count_plug_in_bits(design, values, b) for b in (range(1, 32), (8, 16), ()))
    assert each < block < never
    assert never == pytest.approx(float((math.log(2 * math.pi) / 2 + values**2 / 2).sum()) / math.log(2))


def test_a_centred_constant_has_a_length_too() -> None:
    x = np.linspace(0, 1, 64)
    panel = describe_polynomial(x, np.tile([1.0, -1.0], 32), (0, 1))
    assert all(math.isfinite(bits) for bits in panel.lengths["nml"].values())


@pytest.mark.parametrize(
    ("x", "y", "orders", "says"),
    [
        ([1, 2, 3, 4], [1, 2], (0,), "as many"),
        ([1, 2, 3, 4], [1, 2, 3, np.nan], (0,), "number"),
        ([1, 1, 1, 1], [1, 2, 3, 5], (0,), "vary"),
        ([1, 2, 3, 4], [1, 2, 3, 5], (2,), "needs 5"),
        ([1, 2, 3, 4, 5], [2, 4, 6, 8, 10], (1,), "noise"),
        ([1, 2, 3, 4, 5], [2, 4, 6, 8, 10], (-1,), "from 0 up"),
    ],
)
def test_wrong_input_is_named(x: list[float], y: list[float], orders: tuple[int, ...], says: str) -> None:
    with pytest.raises(InputError, match=says):
        describe_polynomial(np.array(x, float), np.array(y, float), orders)
