"""Distances: their definition, the window guard, intervals that cover, and trees that find known groups."""

from __future__ import annotations

import re

import numpy as np
import pytest

from lab.complexity.clustering import grow_tree, measure_support, score_tree
from lab.complexity.code import Code, Message
from lab.complexity.distances import Lengths, measure_distances, measure_lengths, measure_reach
from lab.core.errors import InputError, RefusedError
from lab.core.registry import open_shelf


def open_code(name: str) -> Code:
    code: Code = open_shelf("codes").load(name)()
    return code


def draw_bytes(length: int, seed: int) -> Message:
    return Message(np.random.default_rng(seed).integers(0, 256, length, dtype=np.uint8))


def write_text(words: list[str], length: int, seed: int) -> Message:
    """Words at random with Zipf's weights."""
    chance = np.random.default_rng(seed)
    weights = 1 / np.arange(1, len(words) + 1)
    drawn = chance.choice(len(words), length // 4, p=weights / weights.sum())
    text = " ".join(words[k] for k in drawn).encode()[:length]
    return Message(np.frombuffer(text, np.uint8))


PYTHON = re.findall(r"\S+", "self def return if in for : ( ) = None import not else is and raise class yield [ ] { }")
C = re.findall(r"\S+", "; { } int ( ) * = static const char if return struct void -> & unsigned for NULL #include ++")


def test_the_definitions_of_a_pair() -> None:
    lengths = Lengths(np.array([100.0, 60.0]), np.array([[104.0, 130.0], [126.0, 63.0]]))
    assert lengths.distance == pytest.approx(np.array([[0.04, 0.68], [0.68, 0.05]]))


def test_joint_lengths_are_of_row_then_column() -> None:
    code = open_code("deflate")
    first, second = draw_bytes(500, 0), write_text(C, 900, 1)
    lengths = measure_lengths([first, second], code)
    assert lengths.single.tolist() == [code.count_bits(first), code.count_bits(second)]
    assert lengths.joint[0, 1] == code.count_bits(first.join(second))
    assert lengths.joint[1, 0] == code.count_bits(second.join(first))


@pytest.mark.parametrize(("length", "near"), [(10_000, 0.0), (100_000, 1.0)])
def test_deflate_past_its_window_sees_nothing(length: int, near: float) -> None:
    lengths = measure_lengths([draw_bytes(length, 0)], open_code("deflate"))
    assert lengths.distance[0, 0] == pytest.approx(near, abs=0.05)


def test_a_window_shorter_than_the_pair_is_refused() -> None:
    pair = [draw_bytes(30_000, 0), draw_bytes(30_000, 1)]
    assert measure_lengths(pair[:1], open_code("deflate")).distance[0, 0] < 0.05  # NCD(x, x) alone would pass it
    with pytest.raises(RefusedError, match="window shorter than the pair"):
        measure_distances("ab", pair, open_code("deflate"))
    assert measure_distances("ab", pair, open_code("lz76"), 0).lengths.distance[0, 1] > 0.95


@pytest.mark.parametrize("name", ["lzma", "zstd", "brotli", "bz2", "ppmd", "lz76"])
def test_codes_without_a_window_reach_over_a_pair(name: str) -> None:
    assert measure_reach([draw_bytes(3000, 0), draw_bytes(2000, 1)], open_code(name)) < 0.25


@pytest.mark.parametrize("name", ["kt", "order_k", "lz78"])
def test_codes_that_do_not_repeat_are_refused(name: str) -> None:
    with pytest.raises(RefusedError, match="repetition"):
        measure_distances("ab", [draw_bytes(3000, 0), draw_bytes(2000, 1)], open_code(name))


def test_bad_objects_are_named() -> None:
    code, some = open_code("deflate"), draw_bytes(300, 0)
    with pytest.raises(InputError, match="two or more"):
        measure_distances("a", [some], code)
    with pytest.raises(InputError, match=r"'b'.*empty"):
        measure_distances("ab", [some, draw_bytes(0, 0)], code)
    with pytest.raises(InputError, match="one alphabet"):
        measure_distances("ab", [some, Message(some.symbols % 2, 2)], code)


def test_short_objects_have_distances_but_no_interval() -> None:
    found = measure_distances("ab", [draw_bytes(100, 0), draw_bytes(100, 1)], open_code("deflate"))
    assert not found.estimate(0, 1).has_interval and "too short" in found.estimate(0, 1).method
    assert found.estimate(0, 1).value > 0.9


def test_intervals_hold_the_mean_over_fresh_objects() -> None:
    """40 pairs of fresh texts: the mean NCD of all stands for the truth; 95 % intervals hold it at least 34 times."""
    code = open_code("deflate")
    estimates = [
        measure_distances("ab", [write_text(PYTHON, 3000, 2 * k), write_text(C, 3000, 2 * k + 1)], code).estimate(0, 1)
        for k in range(40)
    ]
    truth = float(np.mean([e.value for e in estimates]))
    assert sum(e.contains(truth) for e in estimates) >= 34
    assert all(e.high - e.low < 0.2 for e in estimates)


@pytest.mark.parametrize("name", ["lzma", "ppmd", "lz76"])
def test_known_groups_are_found(name: str) -> None:
    messages = [
        *(write_text(PYTHON, 4000, k) for k in range(3)),
        *(write_text(C, 4000, k + 10) for k in range(3)),
        *(draw_bytes(4000, k) for k in range(3)),
    ]
    found = measure_distances("abcdefghi", messages, open_code(name), 6)
    tree = grow_tree(found.lengths.distance)
    groups = {frozenset({0, 1, 2}), frozenset({3, 4, 5})}
    assert groups <= tree.splits
    support = measure_support(tree, found.replicates)
    assert all(support[group] == 1.0 for group in groups)
    assert score_tree(tree, found.lengths.distance) > 0.95
    assert min(support.values()) < 1.0  # who is nearest among equals is chance, and said to be


def test_a_tree_of_tree_distances_scores_one_and_orders_its_leaves() -> None:
    heights = np.array([[0, 1, 4, 4, 6], [1, 0, 4, 4, 6], [4, 4, 0, 2, 6], [4, 4, 2, 0, 6], [6, 6, 6, 6, 0]], float)
    shuffled = [3, 0, 4, 1, 2]
    tree = grow_tree(heights[np.ix_(shuffled, shuffled)])
    assert score_tree(tree, heights[np.ix_(shuffled, shuffled)]) == 1.0
    assert {frozenset(shuffled[leaf] for leaf in split) for split in tree.splits} == {
        frozenset({0, 1}), frozenset({2, 3}), frozenset({0, 1, 2, 3})
    }  # fmt: skip
    assert tree.root.height == 6.0 and sorted(tree.order) == [0, 1, 2, 3, 4]
    assert {shuffled[tree.order[0]], shuffled[tree.order[-1]]} & {4}


def test_a_wrong_tree_scores_less() -> None:
    points = np.random.default_rng(0).random((8, 2))
    distances = np.linalg.norm(points[:, None] - points[None], axis=2)
    wrong = grow_tree(distances[np.ix_([3, 0, 4, 1, 2, 7, 5, 6], [3, 0, 4, 1, 2, 7, 5, 6])])
    assert score_tree(wrong, distances) < score_tree(grow_tree(distances), distances) <= 1
