"""The normal model's code against integration over the data themselves."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.integrate import dblquad

from lab.complexity.mdl.gaussian import (
    Domain,
    count_complexity_bits,
    count_hindsight_bits,
    count_nml_bits,
    estimate_gaussian_complexity_bits,
)
from lab.core.errors import InputError

DOMAIN = Domain(largest_mean=2.0, least=0.5, most=3.0)


def test_two_values_fill_kraft() -> None:
    """∫∫ 2^−length dx₁ dx₂ = 1, by the mean m and half the difference h: dx₁ dx₂ = 2 dm dh, and σ̂ = |h|."""

    def density(half: float, mean: float) -> float:
        return 2 * 2.0 ** -count_nml_bits(np.array([mean - half, mean + half]), DOMAIN)

    total, _ = dblquad(density, -2, 2, 0.5, 3.0)
    assert 2 * total == pytest.approx(1, abs=1e-8)


def test_the_asymptotic_comes_nearer_with_length() -> None:
    errors = [count_complexity_bits(DOMAIN, n) - estimate_gaussian_complexity_bits(DOMAIN, n) for n in (10, 100, 1000)]
    assert abs(errors[2]) < abs(errors[1]) < abs(errors[0]) < 0.5
    assert abs(errors[2]) < 2e-3


def test_regret_grows_by_half_a_logarithm_per_parameter() -> None:
    grown = count_complexity_bits(DOMAIN, 100_000) - count_complexity_bits(DOMAIN, 1000)
    assert grown == pytest.approx(2 * 0.5 * math.log2(100), abs=5e-3)


def test_data_outside_the_domain_have_no_code() -> None:
    values = np.array([9.0, 10.0, 11.0])
    assert count_nml_bits(values, DOMAIN) == math.inf
    assert math.isfinite(count_hindsight_bits(values))
    with pytest.raises(InputError, match="two values"):
        count_complexity_bits(DOMAIN, 1)
    with pytest.raises(InputError, match="least < most"):
        Domain(1.0, 2.0, 1.0)
