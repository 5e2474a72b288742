"""Counted operations of decoders."""

from __future__ import annotations

import numpy as np
import pytest

from lab.complexity.code import Message
from lab.complexity.depth import find_depth, list_descriptions, parse_dictionary
from lab.complexity.phrases import count_lz78
from lab.core.errors import InputError

RNG = np.random.default_rng(0)
SEQUENCES = {
    "one": np.zeros(1, np.uint8),
    "constant": np.zeros(5_000, np.uint8),
    "period": np.tile(RNG.integers(0, 2, 37), 100).astype(np.uint8),
    "noise": RNG.integers(0, 2, 5_000).astype(np.uint8),
    "cut": np.array([0, 1, 0, 1, 0, 0, 1], np.uint8),
}


@pytest.mark.parametrize("name", SEQUENCES)
def test_operations_are_those_of_the_phrases(name: str) -> None:
    """By hand: a copy is 2 reads and 2 a symbol; a dictionary's phrase 4 and 3 a symbol; literals 2 a symbol."""
    message = Message(SEQUENCES[name], 2)
    n = len(message)
    found = {one.name: one for one in list_descriptions(message)}
    parents, _ = parse_dictionary(message.sequence)
    assert len(parents) == count_lz78(message)[0]
    assert found["literal"].operations == 2 * n and found["literal"].bits == n
    assert found["lz78"].operations == 4 * len(parents) + 3 * n
    assert (found["lz76"].operations - 2 * n) % 2 == 0


def test_depth_falls_with_significance() -> None:
    found = list_descriptions(Message(SEQUENCES["period"], 2))
    assert found[0].bits < 500
    depths = [find_depth(found, bits).operations for bits in np.linspace(0, found[-1].bits, 50)]
    assert depths == sorted(depths, reverse=True)
    assert depths[0] > depths[-1] == 2 * 3_700


def test_noise_is_shallow() -> None:
    assert find_depth(list_descriptions(Message(SEQUENCES["noise"], 2))).name == "literal"


def test_nothing_takes_no_operation() -> None:
    assert find_depth(list_descriptions(Message(np.zeros(0, np.uint8), 2))).operations == 0


def test_a_negative_significance_is_refused() -> None:
    with pytest.raises(InputError, match="significance"):
        find_depth(list_descriptions(Message(SEQUENCES["noise"], 2)), -1.0)
