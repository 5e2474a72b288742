"""Counted operations of decoders."""

from __future__ import annotations

import numpy as np
import pytest

from lab.complexity.code import Message
from lab.complexity.depth import SIGNIFICANCE, find_depth, list_descriptions, parse_dictionary
from lab.complexity.phrases import count_lz78
from lab.complexity.programs import MOST_PRINTED, Program, find_program, run_program
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


def evolve(rule: int, word: int, moving: bool, length: int) -> np.ndarray:
    """What a program prints, by Wolfram's definition on a row wide enough for every step."""
    row = np.zeros(4 * length + 8, np.uint8)
    end = len(row) // 2
    row[end - 3 : end + 1] = [word >> k & 1 for k in (3, 2, 1, 0)]
    table = np.array([rule >> k & 1 for k in range(8)], np.uint8)
    printed = []
    for step in range(length):
        printed.append(row[end - moving * (step // 2)])
        row = table[4 * np.roll(row, 1) + 2 * row + np.roll(row, -1)]
    return np.array(printed, np.uint8)


@pytest.mark.parametrize("rule", [0, 1, 30, 45, 57, 90, 110, 255])
def test_a_program_prints_what_wolframs_rule_does(rule: int) -> None:
    for word in (0, 1, 6, 15):
        for moving in (False, True):
            printed = evolve(rule, word, moving, 70)
            assert run_program(Program(rule, word, moving, 0), 70).tolist() == printed.tolist()
            found = find_program(printed)
            assert found is not None and run_program(found, 70).tolist() == printed.tolist()


def test_what_takes_long_to_make_is_told_from_noise_and_from_what_is_trivial() -> None:
    """Work a symbol grows with the length for rule 30 alone, whose next description is as long as itself."""
    work = {}
    for n in (500, 2_000):
        objects = {
            "deep": evolve(30, 1, False, n),
            "glider": evolve(110, 1, True, n),
            "noise": RNG.integers(0, 2, n).astype(np.uint8),
            "constant": np.ones(n, np.uint8),
            "period": np.resize(np.array([0, 1, 1], np.uint8), n),
        }
        for name, sequence in objects.items():
            found = find_depth(list_descriptions(Message(sequence, 2)), SIGNIFICANCE)
            work[name, n] = found.operations / n
            assert (found.name == "automaton") == (name in ("deep", "glider")), name
    assert work["deep", 500] > 100 * work["noise", 500]
    assert work["deep", 2_000] / work["deep", 500] == pytest.approx(4, rel=0.01), "n² operations"
    for shallow in ("noise", "constant", "period"):
        assert work[shallow, 2_000] < 2.5
    slow = next(one for one in list_descriptions(Message(objects["period"], 2)) if one.name == "automaton")
    assert slow.operations > 100 * 2_000, "a slow program of a trivial object does not make it deep"


def test_programs_are_sought_for_bits_alone_and_not_for_ever() -> None:
    assert find_program(np.array([0, 1, 2], np.uint8)) is None
    assert find_program(np.zeros(MOST_PRINTED + 1, np.uint8)) is None
    assert all(one.name != "automaton" for one in list_descriptions(Message(np.zeros(100, np.uint8), 3)))
