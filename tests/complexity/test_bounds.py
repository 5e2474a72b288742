"""Bounds are lengths of one code that names its way, and their baselines say what the bits are worth."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from lab.complexity.baselines import compare_message
from lab.complexity.bounds import ENSEMBLE, LITERAL, bound_message, load_codes
from lab.complexity.code import Message
from lab.complexity.codes.block_decomposition import BlockDecomposition
from lab.complexity.codes.context_tree import ContextTree
from lab.complexity.codes.deflate import Deflate
from lab.complexity.codes.kt import KrichevskyTrofimov
from lab.complexity.codes.lzma import Lzma
from lab.complexity.codes.order_k import OrderK
from lab.complexity.surrogates import draw_surrogate, shuffle_symbols
from lab.core.errors import InputError, RefusedError

QUICK = {"kt": KrichevskyTrofimov(), "order_k": OrderK(1), "deflate": Deflate()}


def make_coins(n: int, share: float = 0.5, seed: int = 0) -> Message:
    return Message((np.random.default_rng(seed).random(n) < share).astype(np.uint8), 2)


@pytest.mark.parametrize("shape", [(8,), (2, 3)])
def test_the_ensemble_is_itself_a_code(shape: tuple[int, ...]) -> None:
    """Kraft over all messages of a shape, the choice among all ways paid for."""
    codes = {"kt": KrichevskyTrofimov(), "order_k": OrderK(2), "context_tree": ContextTree(4)}
    total = 0.0
    for symbols in itertools.product((0, 1), repeat=math.prod(shape)):
        bound = bound_message(Message(np.array(symbols, dtype=np.uint8).reshape(shape), 2), codes)
        total += 2.0 ** -(bound.count_bits() - bound.told_bits)
        ways = len(bound.descriptions)
        assert bound.count_bits() <= min(bound.count_bits(name) for name in codes) + math.log2(ways) + 1e-9
    assert total <= 1


def test_all_codes_bound_from_above() -> None:
    message = make_coins(4000, 0.1)
    bound = bound_message(message)
    entropy = -0.1 * math.log2(0.1) - 0.9 * math.log2(0.9)
    assert set(bound.codes) | set(bound.left_out) == set(load_codes())
    assert 4000 * entropy * 0.9 < bound.count_bits() < bound.raw_bits
    assert bound.choose().payload_bits <= min(d.payload_bits for d in bound.descriptions if d.proof != "estimate")


@pytest.mark.parametrize(("alphabet", "n"), [(2, 1000), (3, 1), (10, 333), (256, 64)])
def test_no_bound_exceeds_the_symbols_as_they_stand(alphabet: int, n: int) -> None:
    message = Message(np.random.default_rng(7).integers(0, alphabet, n).astype(np.uint8), alphabet)
    bound = bound_message(message)
    ways = sum(description.proof != "estimate" for description in bound.descriptions)
    assert bound.raw_bits - 1e-9 <= bound.count_bits() - math.log2(ways) <= bound.raw_bits + 1
    assert bound.choose().code == LITERAL and LITERAL not in bound.codes


def test_an_estimate_bounds_nothing_and_is_of_the_message_as_it_stands() -> None:
    coins, codes = make_coins(600), {"block_decomposition": BlockDecomposition()}
    bound = bound_message(coins, codes)
    assert bound.choose().code == LITERAL and bound.codes == ("block_decomposition",)
    assert bound.count_bits("block_decomposition") == codes["block_decomposition"].count_bits(coins)
    assert "of 4,096 in the table" in bound_message(make_coins(170_000), codes).left_out["block_decomposition"]
    with pytest.raises(RefusedError, match="measure parts"):
        compare_message(make_coins(170_000), codes)


def test_what_a_code_does_not_compare_is_told_and_the_others_stand_in() -> None:
    """As if lzma were too slow for shuffles of this length."""
    codes = {"deflate": Deflate(), "lzma": SlowLzma()}
    found = compare_message(make_coins(400, 0.1), codes, seeds=2)
    assert list(found.left_out) == ["lzma"] and "above 300 symbols" in found.left_out["lzma"]
    assert found.normalize("lzma").n == found.estimate_shuffled("lzma").n == 0
    assert "quicker" in found.normalize("lzma").method
    assert found.normalize().n == found.normalize("deflate").n == 2
    assert found.estimate_constant("lzma").value > 0


class SlowLzma(Lzma):
    most_compared = 300


def test_packing_and_scan_are_searched() -> None:
    """Fair bits at a byte each cost deflate a fifth more than packed; equal rows are free once 'up' is taken off."""
    assert bound_message(make_coins(2**15), {"deflate": Deflate()}).choose("deflate").packing == "packed"
    row = np.random.default_rng(0).integers(0, 256, 64).astype(np.uint8)
    bound = bound_message(Message(np.tile(row, (64, 1))), {"kt": KrichevskyTrofimov()})
    assert bound.choose().scan == "up"
    assert bound.count_bits() < 0.3 * bound.raw_bits


def test_what_is_left_out_says_why() -> None:
    bound = bound_message(Message(np.zeros(2**20 + 1, dtype=np.uint8), 2), {**QUICK, "context_tree": ContextTree()})
    assert "262,144 symbols" in bound.left_out["context_tree"]
    bytes_ = Message(np.zeros(100, dtype=np.uint8))
    assert "smaller order" in bound_message(bytes_, {**QUICK, "order_k": OrderK(9)}).left_out["order_k"]
    with pytest.raises(RefusedError, match="smaller order"):
        compare_message(bytes_, {"order_k": OrderK(9)})
    with pytest.raises(InputError, match="smaller order"):
        bound_message(bytes_, {**QUICK, "order_k": OrderK(9)}).count_bits("order_k")


@pytest.mark.parametrize("symbols", [[], [1]])
def test_almost_nothing_costs_almost_nothing(symbols: list[int]) -> None:
    bound = bound_message(Message(np.array(symbols, dtype=np.uint8), 2))
    assert 0 < bound.count_bits() < 30


def test_normalised_length_runs_from_constant_to_shuffled() -> None:
    fair = compare_message(make_coins(2000), QUICK, seeds=4).normalize()
    assert fair.contains(1.0) or fair.value == pytest.approx(1.0, abs=0.01)
    periodic = Message(np.tile(np.array([0, 1, 1], dtype=np.uint8), 2000), 2)
    order = compare_message(periodic, QUICK, seeds=4)
    assert order.normalize().high < 0.05
    assert order.estimate_shuffled().low > order.estimate_bits().value
    assert order.estimate_surrogate().n == 4


def test_a_constant_has_nothing_to_compare_with() -> None:
    constant = compare_message(Message(np.zeros(500, dtype=np.uint8), 2), QUICK, seeds=2)
    assert math.isnan(constant.normalize(ENSEMBLE).value)
    assert "nothing to compare" in constant.normalize().method


def test_surrogates_keep_what_they_promise() -> None:
    rng = np.random.default_rng(0)
    plane = Message(rng.integers(0, 3, (20, 30)).astype(np.uint8), 3)
    rows = draw_surrogate(plane, "rows", rng)
    np.testing.assert_array_equal(np.sort(rows.symbols, axis=1), np.sort(plane.symbols, axis=1))
    assert not np.array_equal(rows.symbols, plane.symbols)

    sticky = Message((np.cumsum(rng.random(20_000) < 0.05) % 2).astype(np.uint8), 2)
    chain = draw_surrogate(sticky, "markov", rng)
    assert np.mean(np.diff(chain.symbols) != 0) == pytest.approx(0.05, abs=0.01)

    wave = (127 + 100 * np.sin(np.arange(4096) / 5) + rng.normal(0, 5, 4096)).astype(np.uint8)
    turned = draw_surrogate(Message(wave), "phases", rng)
    np.testing.assert_array_equal(np.sort(turned.symbols), np.sort(wave))
    spectra = [np.abs(np.fft.rfft(s - s.mean())) ** 2 for s in (wave.astype(float), turned.symbols.astype(float))]
    assert np.argmax(spectra[1]) == pytest.approx(np.argmax(spectra[0]), abs=2)
    assert np.array_equal(np.sort(shuffle_symbols(plane, rng).sequence), np.sort(plane.sequence))
    with pytest.raises(InputError, match="rows"):
        draw_surrogate(sticky, "rows", rng)


@pytest.mark.parametrize("kind", ["markov", "phases"])
@pytest.mark.parametrize("n", [0, 1, 2])
def test_surrogates_of_almost_nothing(kind: str, n: int) -> None:
    drawn = draw_surrogate(Message(np.ones(n, dtype=np.uint8), 2), kind, np.random.default_rng(0))  # type: ignore[arg-type]
    np.testing.assert_array_equal(drawn.symbols, np.ones(n))


def test_fewer_scans_are_fewer_ways_to_tell_apart() -> None:
    plane = Message(make_coins(256).symbols.reshape(16, 16), 2)
    every, rows = bound_message(plane, QUICK), bound_message(plane, QUICK, scans=("row",))
    kept = tuple(description for description in every.descriptions if description.scan == "row")
    assert rows.descriptions == kept and len(kept) < len(every.descriptions)
    for bound in (every, rows):
        choice_bits = bound.count_bits() - bound.told_bits - bound.choose().payload_bits
        assert choice_bits == pytest.approx(math.log2(len(bound.descriptions)))
