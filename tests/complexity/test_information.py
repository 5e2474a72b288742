"""Conditional bounds and mutual information: what is known helps, a bound stays one, an estimate is called one."""

from __future__ import annotations

import math

import numpy as np
import pytest

from lab.complexity.code import Message
from lab.complexity.codes.block_decomposition import BlockDecomposition
from lab.complexity.codes.deflate import Deflate
from lab.complexity.codes.kt import KrichevskyTrofimov
from lab.complexity.codes.lz76 import LZ76
from lab.complexity.codes.order_k import OrderK
from lab.complexity.information import bound_given, load_conditional, measure_information
from lab.core.errors import InputError

QUICK = {"kt": KrichevskyTrofimov(), "order_k": OrderK(1), "lz76": LZ76(), "deflate": Deflate()}


def draw_bytes(length: int, seed: int) -> Message:
    return Message(np.random.default_rng(seed).integers(0, 256, length, dtype=np.uint8))


def test_sequential_codes_and_phrases_are_among_the_conditional() -> None:
    assert {"kt", "order_k", "context_tree", "context_mixing", "lz76", "lz78", "deflate", "zstd"} <= set(
        load_conditional()
    )


def test_a_copy_costs_next_to_nothing_and_a_stranger_its_own_length() -> None:
    same, other = draw_bytes(2000, 0), draw_bytes(2000, 1)
    found = measure_information([same, other, same], QUICK)
    assert found.conditional[0, 2] < 200 < 15_900 < found.conditional[0, 1] <= 16_000 + 60
    assert found.mutual[0, 2] == pytest.approx(found.alone[0], rel=0.02)
    assert abs(found.mutual[0, 1]) < 10 and found.mutual[0, 1] == found.mutual[1, 0]


def test_what_misleads_is_not_used() -> None:
    """Ones are dear to who has seen zeros only: the bound pays one bit to say that they are no help."""
    ones, zeros = (Message(np.full(500, value, np.uint8), 2) for value in (1, 0))
    found = measure_information([ones, zeros], {"kt": KrichevskyTrofimov()})
    assert found.given[0, 1] > found.alone[0] + 50
    assert found.conditional[0, 1] == found.alone[0] + 1


def test_the_chain_rule_of_a_sequential_code_is_exact() -> None:
    coins = np.random.default_rng(3).random(3000) < 0.2
    known, message = Message(coins[:1000].astype(np.uint8), 2), Message(coins[1000:].astype(np.uint8), 2)
    for name in ("kt", "order_k", "context_tree"):
        code = load_conditional()[name]
        parts = code.count_bits(known) + code.count_bits_given(message, known)  # type: ignore[attr-defined]
        assert parts == pytest.approx(code.count_bits(known.join(message)))


def test_a_conditional_bound_says_what_it_left_out() -> None:
    message, known = draw_bytes(300, 0), draw_bytes(400, 1)
    codes = {**QUICK, "block_decomposition": BlockDecomposition(), "far": OrderK(9), "short": ShortSighted()}
    bound = bound_given(message, known, codes)
    assert set(bound.left_out) == {"block_decomposition", "far", "short"}
    assert bound.count_bits() <= bound.raw_bits + 1 + math.log2(len(bound.descriptions))
    with pytest.raises(InputError, match="alphabet"):
        known.join(Message(np.zeros(3, np.uint8), 2))


def test_objects_of_different_alphabets_tell_nothing_of_each_other() -> None:
    with pytest.raises(InputError, match="one alphabet"):
        measure_information([draw_bytes(50, 0), Message(np.zeros(50, np.uint8), 2)], QUICK)


class ShortSighted(Deflate):
    most_symbols = 600
