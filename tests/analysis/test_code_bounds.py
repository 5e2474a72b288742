"""Ad-hoc objects as tables: what differs has keys of its own."""

from __future__ import annotations

import numpy as np

from lab.analysis.complexity.code_bounds import compare_object, tabulate_comparisons
from lab.analysis.complexity.objects import name_apart
from lab.analysis.complexity.statistics import measure_statistics, tabulate_statistics
from lab.complexity.code import Message
from lab.complexity.codes.kt import code as kt
from lab.complexity.objects import Described


def make_objects() -> list[Described]:
    """Two of one name and length but other symbols, and the first again as a square."""
    first, second = (np.random.default_rng(seed).integers(0, 2, 256).astype(np.uint8) for seed in (0, 1))
    return [Described("x", Message(symbols, 2)) for symbols in (first, second, first.reshape(16, 16))]


def test_equal_names_and_lengths_do_not_share_keys() -> None:
    objects = make_objects()
    compared = [(one, compare_object(one, {"kt": kt()}, 2)) for one in objects]
    keys = tabulate_comparisons("many", compared).runs["run_key"]
    assert keys.is_unique
    assert set(tabulate_comparisons("one", compared[:1]).runs["run_key"]) < set(keys), "content alone says the key"


def test_stretches_of_equal_length_do_not_share_keys() -> None:
    keys = [
        tabulate_statistics("s", [measure_statistics(one, draws=0)]).runs["run_key"].item() for one in make_objects()
    ]
    assert len(set(keys)) == 3


def test_names_are_told_apart() -> None:
    assert name_apart(["x", "y"], ["a/x", "b/y"]) == ["x", "y"]
    assert name_apart(["x", "x"], ["a/x", "b/x"]) == ["a/x", "b/x"]
    assert name_apart(["x", "x", "y"], ["x", "x", "y"]) == ["x #1", "x #2", "y"]
