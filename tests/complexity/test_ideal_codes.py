"""The ideal codes against their definitions, symbol by symbol, and against published values."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest

from lab.complexity.code import Message
from lab.complexity.codes import order_k
from lab.complexity.codes.context_tree import ContextTree
from lab.complexity.codes.kt import KrichevskyTrofimov
from lab.complexity.codes.order_k import OrderK
from lab.core.errors import InputError


def describe_adaptively(symbols: list[int], alphabet: int, order: int) -> float:
    """−log2 of the product of (n_s + 1/2) / (n + m/2) over the symbols, contexts padded with 0."""
    counts: dict[tuple[int, ...], list[int]] = {}
    bits = 0.0
    for t, symbol in enumerate(symbols):
        context = tuple(symbols[t - lag] if t >= lag else 0 for lag in range(1, order + 1))
        seen = counts.setdefault(context, [0] * alphabet)
        bits -= math.log2((seen[symbol] + 0.5) / (sum(seen) + alphabet / 2))
        seen[symbol] += 1
    return bits


def weigh_tree(past: str, text: str, depth: int, context: str = "") -> Fraction:
    """P_w of the node `context` (nearest symbol first) by its recursive definition, exactly."""
    counts = [0, 0]
    own = Fraction(1)
    whole = past + text
    for t in range(len(past), len(whole)):
        if whole[:t][::-1].startswith(context):
            bit = int(whole[t])
            own *= Fraction(2 * counts[bit] + 1, 2 * (sum(counts) + 1))
            counts[bit] += 1
    if len(context) == depth:
        return own
    children = weigh_tree(past, text, depth, context + "0") * weigh_tree(past, text, depth, context + "1")
    return own / 2 + children / 2


@pytest.mark.parametrize("alphabet", [2, 3, 256])
@pytest.mark.parametrize("order", [0, 1, 2, 3])
def test_the_closed_form_is_the_adaptive_code(alphabet: int, order: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(order_k, "PIECE", 97)  # pieces join without a seam
    symbols = np.random.default_rng(order).integers(0, alphabet, 500).astype(np.uint8)
    expected = describe_adaptively(symbols.tolist(), alphabet, order)
    assert OrderK(order).count_bits(Message(symbols, alphabet)) == pytest.approx(expected, rel=1e-10)
    if order == 0:
        assert KrichevskyTrofimov().count_bits(Message(symbols, alphabet)) == pytest.approx(expected, rel=1e-10)


def test_the_weighted_tree_of_the_paper() -> None:
    """Willems, Shtarkov and Tjalkens 1995, figure 3: 0110100 after …010, depth 3, has P_w = 95/32768."""
    assert weigh_tree("010", "0110100", 3) == Fraction(95, 32768)


@pytest.mark.parametrize("depth", [1, 3, 6])
def test_context_tree_is_its_recursive_definition(depth: int) -> None:
    for seed in range(5):
        bits = np.random.default_rng(seed).integers(0, 2, 24).astype(np.uint8)
        exact = weigh_tree("0" * depth, "".join(map(str, bits)), depth)
        found = ContextTree(depth).count_bits(Message(bits, 2))
        assert found == pytest.approx(-math.log2(exact), rel=1e-12)


def test_an_order_too_high_for_its_alphabet_is_refused() -> None:
    with pytest.raises(InputError, match="smaller order"):
        OrderK(9).count_bits(Message(np.zeros(10, dtype=np.uint8), 256))


def test_adaptive_code_is_close_to_the_entropy() -> None:
    """Anchor: order 0 on Bernoulli(0.1) is within 0.1 % of the entropy of the very sequence plus ½ log2 n."""
    bits = (np.random.default_rng(0).random(2**20) < 0.1).astype(np.uint8)
    share = bits.mean()
    empirical = -len(bits) * (share * math.log2(share) + (1 - share) * math.log2(1 - share))
    excess = KrichevskyTrofimov().count_bits(Message(bits, 2)) - empirical
    assert 0 < excess < 0.5 * math.log2(len(bits)) + 1
