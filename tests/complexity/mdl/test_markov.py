"""Markov chains by every code: Kraft, the complexity against enumeration, and the order that is found."""

from __future__ import annotations

import itertools
import math
import tracemalloc

import numpy as np
import pytest

from lab.complexity.mdl.markov import (
    MOST_COUNTED,
    count_first_order_bits,
    describe_chain,
    estimate_chain_complexity_bits,
    index_contexts,
)
from lab.complexity.mdl.panel import ALL_ORDERS, CODES
from lab.complexity.mdl.prequential import count_block_bits, list_boundaries, trace_mixture_bits
from lab.core.errors import InputError

ROWS = np.array([0.1, 0.6, 0.8, 0.4])  # P(1 | the last two bits)


def draw_chain(n: int, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    chain = [0, 1]
    for u in rng.random(n - 2):
        chain.append(int(u < ROWS[2 * chain[-2] + chain[-1]]))
    return np.array(chain, dtype=np.int64)


def test_kraft() -> None:
    """Over all 2^10 sequences: exactly 1 for the codes that are distributions, no more for the two-part code."""
    panels = [describe_chain(np.array(x), 2, (0, 1, 2)) for x in itertools.product(range(2), repeat=10)]
    for code in panels[0].lengths.keys() - {"two_part", "nml_asymptotic"}:
        for order, bits in panels[0].lengths[code].items():
            if not math.isnan(bits):
                assert math.fsum(2 ** -p.lengths[code][order] for p in panels) == pytest.approx(1, abs=1e-9), code
    for order in (0, 1, 2):
        assert 0.001 < math.fsum(2 ** -p.lengths["two_part"][order] for p in panels) <= 1


def test_the_counted_complexity_is_the_enumerated_one() -> None:
    """The sum over all sequences of a length, from either symbol: NML's lengths are a distribution."""
    for n, start in ((1, 0), (2, 1), (7, 1), (10, 0)):
        panels = [describe_chain(np.array([start, *x]), 2, (1,)) for x in itertools.product(range(2), repeat=n)]
        total = math.fsum(2 ** -(panel.hindsight[1] - 1) for panel in panels)
        assert count_first_order_bits(n) == pytest.approx(math.log2(total), abs=1e-9)
        assert math.fsum(2 ** -(panel.lengths["nml"][1] - 1) for panel in panels) == pytest.approx(1, abs=1e-9)


def test_what_is_not_counted_is_missing() -> None:
    rng = np.random.default_rng(0)
    assert math.isnan(describe_chain(rng.integers(0, 2, MOST_COUNTED + 2), 2, (0, 1)).lengths["nml"][1])
    assert math.isnan(describe_chain(rng.integers(0, 3, 100), 3, (0, 1)).lengths["nml"][1])
    panel = describe_chain(draw_chain(2000), 2, range(4))
    assert panel.choose_order("nml") == 1, "of the two that it has"
    assert panel.usual_order == 2 and "nml" not in panel.free_codes
    assert 0 < panel.lengths["nml"][1] - panel.lengths["nml_asymptotic"][1] < 0.2


def test_the_asymptotic_of_first_order_chains() -> None:
    """4 G by the integral, and the exact sum at n = 1000."""
    catalan = 0.915965594177219
    found = estimate_chain_complexity_bits(2, 1, 1000)
    assert found == pytest.approx(math.log2(1000 / (2 * math.pi) * 4 * catalan), abs=0.02)
    assert found == pytest.approx(count_first_order_bits(1000), abs=0.15)
    assert math.isnan(estimate_chain_complexity_bits(2, 7, 10**6)) and math.isnan(
        estimate_chain_complexity_bits(2, 4, 200)
    )


def test_every_code_finds_the_true_order() -> None:
    panel = describe_chain(draw_chain(5000), 2, range(5))
    for code in ("two_part", "nml_asymptotic", "bayes_jeffreys", "bayes_laplace", "prequential", "prequential_block"):
        assert panel.choose_order(code) == 2, code
        assert panel.find_regret(code, 2) > 0
        assert panel.count_total_bits(code) == pytest.approx(panel.lengths[code][2] + math.log2(5))
    assert min(panel.hindsight, key=panel.hindsight.__getitem__) == 4, "hindsight alone overfits"
    assert set(panel.lengths) <= set(CODES)


def test_switching_is_near_the_best_order_and_may_beat_it() -> None:
    panel = describe_chain(draw_chain(3000), 2, range(5))
    best = min(panel.lengths["bayes_jeffreys"].values())
    assert panel.lengths["switch"][ALL_ORDERS] <= best + math.log2(5) + 1
    # Fair bits and then a constant: no single order describes both halves as well as one after the other.
    rng = np.random.default_rng(1)
    mixed = np.concatenate([rng.integers(0, 2, 2000), np.tile([0, 0, 1], 1000)])
    panel = describe_chain(mixed, 2, (0, 6))
    assert panel.lengths["switch"][ALL_ORDERS] < min(panel.lengths["bayes_jeffreys"].values()) - 50


def test_step_by_step_is_the_mixture_in_closed_form() -> None:
    chain = draw_chain(500)
    contexts = index_contexts(chain, 2, 1, 1)
    steps = trace_mixture_bits(contexts, chain[1:], 2, 1.0)
    assert 1 + steps.sum() == pytest.approx(describe_chain(chain, 2, (1,)).lengths["bayes_laplace"][1], abs=1e-9)


def test_large_alphabets_do_not_overflow_and_constants_are_cheap() -> None:
    rng = np.random.default_rng(0)
    panel = describe_chain(rng.integers(0, 256, 3000), 256, (0, 1))
    assert all(24_000 < bits < 25_000 for bits in panel.lengths["bayes_jeffreys"].values()), "8 bits a symbol and more"
    deep = index_contexts(rng.integers(0, 256, 3000), 256, 12, 12)
    assert len(np.unique(deep)) == 3000 - 12
    constant = describe_chain(np.zeros(1000, dtype=np.int64), 2, (0, 1))
    assert constant.lengths["bayes_jeffreys"][0] < 8 and constant.hindsight[0] == 1


def test_blocks_double() -> None:
    assert list_boundaries(100) == [8, 16, 32, 64]
    assert list_boundaries(8) == [] and list_boundaries(0) == []


@pytest.mark.parametrize(
    ("sequence", "alphabet", "orders", "says"),
    [
        ([], 2, (4,), "must be longer"),
        ([0, 1], 2, (2,), "longer"),
        ([0, 5], 2, (0,), "0 … 1"),
        ([0, 1], 2, (-1,), "from 0 up"),
        ([0], 1, (0,), "two"),
    ],
)
def test_wrong_input_is_named(sequence: list[int], alphabet: int, orders: tuple[int, ...], says: str) -> None:
    with pytest.raises(InputError, match=says):
        describe_chain(np.array(sequence), alphabet, orders)


def test_blocks_of_a_large_alphabet_take_no_row_a_symbol() -> None:
    rng = np.random.default_rng(0)
    contexts, symbols = rng.integers(0, 4, (2, 2**16))
    tracemalloc.start()
    count_block_bits(contexts, symbols, 256, 0.5, list_boundaries(len(symbols)))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 100 * len(symbols)
