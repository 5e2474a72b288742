"""Permutation and sample entropy against published numbers, plain loops and closed forms."""

from __future__ import annotations

import math

import numpy as np
import pytest

from lab.complexity.blocks import estimate_plug_in
from lab.complexity.code import Message
from lab.complexity.regularity import average_runs, measure_sample_entropy, rank_patterns
from lab.core.registry import open_shelf


def count_patterns(values: np.ndarray, order: int, delay: int = 1) -> np.ndarray:
    return np.bincount(rank_patterns(values, order, delay))


def test_the_example_of_bandt_and_pompe() -> None:
    values = np.array([4, 7, 9, 10, 6, 11, 3])
    assert sorted(count_patterns(values, 2)) == [2, 4]
    assert estimate_plug_in(count_patterns(values, 2)) == pytest.approx(0.918, abs=5e-4)
    assert estimate_plug_in(count_patterns(values, 3)) == pytest.approx(1.522, abs=5e-4)


def test_a_delay_reads_every_other_value() -> None:
    values = np.random.default_rng(0).random(400)
    halves = [count_patterns(values[start::2], 3) for start in (0, 1)]
    assert count_patterns(values, 3, delay=2).sum() == sum(half.sum() for half in halves)
    np.testing.assert_array_equal(count_patterns(np.repeat(values, 2)[::2], 3), count_patterns(values, 3))


def count_plainly(values: np.ndarray, length: int, tolerance: float) -> float:
    alike = still = 0
    rows = [values[i : i + length + 1] for i in range(len(values) - length)]
    for i, first in enumerate(rows):
        for second in rows[i + 1 :]:
            near = np.abs(first - second) <= tolerance
            alike += near[:-1].all()
            still += near.all()
    return math.log2(alike / still)


@pytest.mark.parametrize("length", [1, 2, 3])
@pytest.mark.parametrize("tolerance", [0.0, 1.0, 2.5])
def test_sample_entropy_counts_every_pair(length: int, tolerance: float) -> None:
    values = np.random.default_rng(length).integers(0, 6, 120).astype(float)
    assert measure_sample_entropy(values, length, tolerance) == pytest.approx(count_plainly(values, length, tolerance))


def test_white_noise_has_the_entropy_costa_derives() -> None:
    """Means of τ independent normal values: SampEn = −log2 erf(r √τ / 2) (Costa et al. 2002, equation 4, m → 0)."""
    values = np.random.default_rng(0).normal(size=30_000)
    for scale in (1, 4):
        expected = -math.log2(math.erf(0.15 * math.sqrt(scale) / 2))
        assert measure_sample_entropy(average_runs(values, scale), 2, 0.15) == pytest.approx(expected, abs=0.04)


def test_noise_loses_entropy_with_scale_and_a_walk_gains_it() -> None:
    rng = np.random.default_rng(1)
    noise = rng.normal(size=6_000)
    walk = np.cumsum(noise)
    estimator = open_shelf("estimators").load("multiscale_entropy")(scales=4)
    falls, rises = (estimator.trace(Message(_quantise(x))) for x in (noise, walk))
    assert (np.diff(falls) < 0).all()
    assert (np.diff(rises) > 0).all()


def _quantise(values: np.ndarray) -> np.ndarray:
    spread = values - values.min()
    return np.floor(255.99 * spread / spread.max()).astype(np.uint8)


def test_nothing_recurs_gives_no_number() -> None:
    estimator = open_shelf("estimators").load("sample_entropy")(tolerance=0.0)
    message = Message((np.arange(250) ** 2 % 251).astype(np.uint8))
    assert math.isnan(estimator.estimate(message)) == bool(estimator.explain(message))
