"""The codes of independent symbols against exact values, enumeration and each other."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from lab.complexity.mdl.multinomial import (
    count_complexity_bits,
    count_given_bits,
    count_hindsight_bits,
    count_mixture_bits,
    count_nml_bits,
    count_parameter_bits,
    estimate_multinomial_complexity_bits,
)
from lab.core.errors import InputError

EXACT = [
    (2, 1, 2.0), (2, 2, 2.5), (2, 10, 4.660216), (2, 100, 13.209961), (2, 1000, 40.303213), (2, 10_000, 125.999122),
    (3, 100, 113.2100), (1, 50, 1.0),
]  # fmt: skip


def count(sequence: tuple[int, ...], symbols: int) -> np.ndarray:
    return np.bincount(sequence, minlength=symbols)


@pytest.mark.parametrize(("symbols", "n", "exact"), EXACT)
def test_complexity_has_its_exact_values(symbols: int, n: int, exact: float) -> None:
    assert 2 ** count_complexity_bits(symbols, n) == pytest.approx(exact, rel=5e-7)


@pytest.mark.parametrize(("symbols", "n"), [(2, 9), (3, 7), (4, 5)])
def test_complexity_is_the_sum_over_all_sequences(symbols: int, n: int) -> None:
    every = itertools.product(range(symbols), repeat=n)
    total = math.fsum(2 ** -count_hindsight_bits(count(x, symbols)) for x in every)
    assert 2 ** count_complexity_bits(symbols, n) == pytest.approx(total, rel=1e-10)


@pytest.mark.parametrize("symbols", [2, 3, 8])
def test_the_asymptotic_comes_nearer_with_length(symbols: int) -> None:
    errors = [
        count_complexity_bits(symbols, n) - estimate_multinomial_complexity_bits(symbols, n) for n in (100, 10_000)
    ]
    assert 0 < errors[1] < errors[0] / 5
    assert errors[1] < 0.15


@pytest.mark.parametrize(("symbols", "n"), [(2, 8), (3, 6)])
def test_kraft(symbols: int, n: int) -> None:
    """Exactly 1 for the codes that are distributions; no more for the two-part code, which names some data twice."""
    every = [count(x, symbols) for x in itertools.product(range(symbols), repeat=n)]
    assert math.fsum(2 ** -count_nml_bits(x) for x in every) == pytest.approx(1, abs=1e-10)
    for weight in (0.5, 1.0):
        assert math.fsum(2 ** -count_mixture_bits(x, weight) for x in every) == pytest.approx(1, abs=1e-10)
    parameters = count_parameter_bits(symbols, n)
    assert 0.1 < math.fsum(2 ** -(parameters + count_given_bits(x, n)) for x in every) <= 1


def test_nml_has_the_least_worst_regret() -> None:
    every = [np.array([h, 50 - h]) for h in range(51)]
    nml, jeffreys, laplace = (
        [code(x) - count_hindsight_bits(x) for x in every]
        for code in (count_nml_bits, lambda x: count_mixture_bits(x, 0.5), lambda x: count_mixture_bits(x, 1.0))
    )
    assert np.ptp(nml) < 1e-9
    assert max(nml) < max(jeffreys) < max(laplace)


def test_two_part_pays_half_a_logarithm_for_a_parameter() -> None:
    paid = [count_parameter_bits(2, n) for n in (10**4, 10**8)]
    assert paid[1] - paid[0] == pytest.approx(0.5 * math.log2(10**4), abs=0.05)
    counts = np.array([31_234, 68_766])
    assert 0 <= count_given_bits(counts, 100_000) - count_hindsight_bits(counts) < 1.5


def test_wrong_numbers_are_refused() -> None:
    with pytest.raises(InputError, match="at least one symbol"):
        count_complexity_bits(0, 3)
