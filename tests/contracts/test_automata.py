"""The contract of an automaton: it keeps its cream, repeats itself by its seed, and says how long it takes."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest

from lab.complexity.automaton import Automaton
from lab.core.errors import InputError
from lab.core.registry import open_shelf

EVERY = pytest.mark.parametrize("name", open_shelf("automata").names())
SIDE = 20


def make_automaton(name: str) -> Automaton:
    automaton: Automaton = open_shelf("automata").load(name)()
    return automaton


def list_stops(automaton: Automaton) -> list[int]:
    return [1, 1, 7, math.ceil(0.1 * automaton.find_timescale(SIDE)), math.ceil(automaton.find_timescale(SIDE))]


@EVERY
def test_cells_stay_symbols_and_cream_is_conserved_where_it_says_so(name: str) -> None:
    automaton = make_automaton(name)
    state = automaton.start(SIDE, seed=3)
    assert state.cells.shape == (SIDE, SIDE) and state.cells.dtype == np.uint8
    cream, moves = int(state.cells.sum(dtype=int)), 0
    for more in list_stops(automaton):
        automaton.advance(state, more)
        moves += more
        assert state.moves == moves
        assert state.cells.max() < automaton.alphabet
        assert not automaton.conserves or int(state.cells.sum(dtype=int)) == cream


@EVERY
def test_the_seed_decides_everything(name: str) -> None:
    automaton = make_automaton(name)
    states = [automaton.start(SIDE, seed) for seed in (5, 5, 6)]
    for state in states:
        for more in list_stops(automaton):
            automaton.advance(state, more)
    np.testing.assert_array_equal(states[0].cells, states[1].cells)
    assert not np.array_equal(states[0].cells, states[2].cells)


@EVERY
def test_it_moves_and_no_move_changes_nothing(name: str) -> None:
    automaton = make_automaton(name)
    state = automaton.start(SIDE, seed=1)
    first = state.cells.copy()
    automaton.advance(state, 0)
    np.testing.assert_array_equal(state.cells, first)
    automaton.advance(state, math.ceil(automaton.find_timescale(SIDE)))
    assert not np.array_equal(state.cells, first)


@EVERY
def test_times_grow_with_the_side(name: str) -> None:
    automaton = make_automaton(name)
    times = [automaton.find_timescale(side) for side in (20, 40, 80)]
    assert times == sorted(times) and times[0] > automaton.count_sweep(20) >= 1


@EVERY
def test_predicted_rows_begin_where_it_begins_and_keep_the_cream(name: str) -> None:
    automaton = make_automaton(name)
    rows = automaton.predict_rows(SIDE, np.array([0, 10, 1000]))
    if rows is None:
        return
    np.testing.assert_allclose(rows[0], automaton.start(SIDE, 0).cells.mean(axis=1), atol=1e-12)
    np.testing.assert_allclose(rows.sum(axis=1), rows[0].sum(), rtol=1e-12)


@EVERY
@pytest.mark.parametrize("side", [2, 21, 4096])
def test_a_side_it_cannot_have_is_refused(name: str, side: int) -> None:
    with pytest.raises(InputError, match="even number of cells"):
        make_automaton(name).start(side, 0)


@EVERY
def test_time_does_not_run_backwards(name: str) -> None:
    automaton = make_automaton(name)
    with pytest.raises(InputError, match="backwards"):
        automaton.advance(automaton.start(SIDE, 0), -1)


@EVERY
def test_its_docstring_cites_a_work_with_its_year(name: str) -> None:
    assert re.search(r"\b(19|20)\d\d\b", open_shelf("automata").load(name).__doc__ or "")
