"""Block entropies against exact counts, published corrections and closed forms."""

from __future__ import annotations

import math
from collections import Counter
from itertools import pairwise

import numpy as np
import pytest

from lab.complexity.blocks import (
    CORRECTIONS,
    MARGIN,
    estimate_grassberger,
    estimate_miller_madow,
    estimate_plug_in,
    grow_blocks,
    list_sampled,
    measure_blocks,
)


@pytest.mark.parametrize("alphabet", [1, 2, 3, 256])
def test_every_block_is_counted(alphabet: int) -> None:
    symbols = np.random.default_rng(alphabet).integers(0, alphabet, 60)
    for level in grow_blocks(symbols):
        words = [tuple(symbols[i : i + level.length]) for i in range(len(symbols) - level.length + 1)]
        assert sorted(level.counts) == sorted(Counter(words).values())
        assert len(set(zip(words, level.ranks, strict=True))) == level.distinct
    assert level.length == 60


def test_a_suffix_is_the_block_without_its_oldest_symbol() -> None:
    symbols = np.random.default_rng(0).integers(0, 3, 500)
    levels = [level for level, _ in zip(grow_blocks(symbols), range(6), strict=False)]
    for shorter, longer in pairwise(levels):
        np.testing.assert_array_equal(longer.suffixes[longer.ranks], shorter.ranks[1:])


def test_corrections_have_their_published_form() -> None:
    assert estimate_plug_in(np.array([1, 1, 2])) == pytest.approx(1.5)
    assert estimate_miller_madow(np.array([1, 1, 2])) == pytest.approx(1.5 + 2 / (8 * math.log(2)))
    gamma = np.euler_gamma  # G(1) = −γ − ln 2, G(2) = 2 − γ − ln 2 (Grassberger 2003, equation 30)
    once, twice = -gamma - math.log(2), 2 - gamma - math.log(2)
    assert estimate_grassberger(np.array([1, 2])) == pytest.approx((math.log(3) - (once + 2 * twice) / 3) / math.log(2))


@pytest.mark.parametrize("correction", ["miller_madow", "grassberger"])
def test_a_correction_takes_most_of_the_bias(correction: str) -> None:
    rng = np.random.default_rng(0)
    draws = [np.bincount(rng.integers(0, 64, 256), minlength=64) for _ in range(200)]
    plain, corrected = (np.mean([CORRECTIONS[c](d) for d in draws]) for c in ("plug_in", correction))
    assert abs(corrected - 6) < abs(plain - 6) / 8


def test_lengths_stop_where_blocks_are_too_many() -> None:
    symbols = np.random.default_rng(0).integers(0, 2, 20_000)
    longest = measure_blocks(symbols).length
    assert 2**longest * MARGIN <= 20_000 < 2 ** (longest + 1) * MARGIN
    assert [blocks.length for blocks in list_sampled(symbols, 3)] == [1, 2, 3]


def test_what_diverges_grows_with_the_sequence() -> None:
    """Thue–Morse: h = 0 and no finite E."""
    symbols = np.array([i.bit_count() % 2 for i in range(2**16)])
    short, long = measure_blocks(symbols[: 2**12]), measure_blocks(symbols)
    assert long.rate_bits < short.rate_bits < 0.06
    assert long.excess_bits > short.excess_bits + 0.2


def test_few_symbols_are_refused_with_a_reason() -> None:
    found = measure_blocks(np.arange(200) % 100)
    assert math.isnan(found.rate_bits) and math.isnan(found.excess_bits)
    assert "200 symbols are too few" in found.reason
