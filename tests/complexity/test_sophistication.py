"""Structure functions of known families."""

from __future__ import annotations

import math

import numpy as np
import pytest

from lab.complexity.sophistication import trace_structure
from lab.core.errors import InputError


def test_by_hand() -> None:
    found = trace_structure([40, 0, 10, 20], [5, 100, 60, 70])
    np.testing.assert_array_equal(found.model_bits, [0, 10, 20, 40])
    np.testing.assert_array_equal(found.least_bits, [100, 60, 60, 5])
    assert found.total_bits == 45
    assert found.find_sophistication() == (3, 40)
    assert found.find_sophistication(24.9) == (3, 40)
    assert found.find_sophistication(25) == (1, 10)
    assert found.find_sophistication(55) == (0, 0)


def test_a_chain_is_as_sophisticated_as_its_order() -> None:
    """Two-part codes by chains of order 0…6 of a chain of order 2: (1/2) log2 n bits for each of 2^k parameters."""
    rng = np.random.default_rng(0)
    n, chance = 20_000, (0.1, 0.7, 0.6, 0.2)
    symbols = [0, 0]
    for draw in rng.random(n - 2):
        symbols.append(int(draw < chance[2 * symbols[-2] + symbols[-1]]))
    x = np.array(symbols)
    model, data = [], []
    for order in range(7):
        context = sum((x[k : n - order + k] << (order - 1 - k) for k in range(order)), np.zeros(n - order, int))
        counts = np.zeros((2**order, 2))
        np.add.at(counts, (context, x[order:]), 1)
        shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
        logs = np.log2(shares, where=counts > 0, out=np.zeros_like(shares))
        data.append(-(counts * logs).sum() + order)
        model.append(2**order * math.log2(n) / 2)
    place, bits = trace_structure(model, data).find_sophistication()
    assert (place, bits) == (2, 4 * math.log2(n) / 2)


@pytest.mark.parametrize("pairs", [([], []), ([1.0], [-1.0]), ([1.0], [math.nan]), ([1.0, 2.0], [1.0])])
def test_bad_pairs_are_refused(pairs: tuple[list[float], list[float]]) -> None:
    with pytest.raises(InputError, match="two-part codes"):
        trace_structure(*pairs)
