"""The kernels against plain Python, and the laws they must have."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import chisquare

from lab.complexity.automata.elementary import Elementary
from lab.complexity.automata.interacting import Interacting
from lab.complexity.automata.sine_shear import shear
from lab.complexity.automata.tendril_walk import TendrilWalk
from lab.complexity.lattice import (
    count_edges,
    draw_tendril,
    draw_uniform,
    list_edges,
    list_incident,
    open_chance,
    swap_along,
    swap_discordant,
    walk_particles,
)
from lab.core.errors import InputError

UNLIKELY = 1e-4  # a fair test fails so rarely; seeds are fixed, so it passes always or never


def start_cup(side: int) -> np.ndarray:
    cells = np.zeros((side, side), np.uint8)
    cells[: side // 2] = 1
    return cells


@pytest.mark.parametrize("side", [4, 10])
def test_edges_are_the_pairs_of_neighbours_once_each(side: int) -> None:
    pairs = {tuple(sorted(edge)) for edge in list_edges(side).tolist()}
    wanted = {
        (y * side + x, v * side + u)
        for y in range(side)
        for x in range(side)
        for v, u in ((y, x + 1), (y + 1, x))
        if v < side and u < side
    }
    assert pairs == wanted and len(list_edges(side)) == count_edges(side)
    for cell, edges in enumerate(list_incident(side)):
        touching = np.flatnonzero((list_edges(side) == cell).any(axis=1))
        assert sorted(edges[edges >= 0]) == sorted(touching)


@pytest.mark.parametrize("side", [4, 260], ids=["16 bits a cell", "32 bits a cell"])
def test_every_edge_is_as_likely_as_another(side: int) -> None:
    """One swap of numbered neighbours tells which edge was drawn; both halves of a word are looked at."""
    counts = np.zeros(count_edges(side) if side == 4 else 8)
    chance = open_chance(1, "test")
    index = {tuple(edge): k for k, edge in enumerate(list_edges(side).tolist())}
    if side == 4:
        for _ in range(6000):
            cells = np.arange(16, dtype=np.uint8).reshape(4, 4)
            swap_along(cells, 1, chance)
            counts[index[tuple(np.flatnonzero(cells.ravel() != np.arange(16)))]] += 1
    else:
        cells = np.zeros((side, side), np.uint8)
        cells[:, side // 2 :] = 1
        swap_along(cells, 4_000_000, chance)  # cream crosses the middle evenly in all eighths
        changed = cells != np.repeat([[0, 1]], side // 2, axis=1).reshape(1, -1)
        counts = changed[:256].reshape(8, 32, side).sum(axis=(1, 2)).astype(float)
        assert cells.sum(dtype=int) == side * side // 2 and counts.sum() > 1000
    assert chisquare(counts).pvalue > UNLIKELY


def test_two_swaps_from_one_word_are_independent() -> None:
    counts, chance = np.zeros((12, 12)), open_chance(2, "test")
    edges = list_edges(3).tolist()
    moved = {}
    for i, first in enumerate(edges):
        for j, second in enumerate(edges):
            cells = np.arange(9)
            for p, q in (first, second):
                cells[[p, q]] = cells[[q, p]]
            moved.setdefault(tuple(cells), []).append((i, j))
    expected = {key: len(ways) for key, ways in moved.items()}
    seen = dict.fromkeys(expected, 0)
    for _ in range(8000):
        cells = np.arange(9, dtype=np.uint8).reshape(3, 3)
        swap_along(cells, 2, chance)
        seen[tuple(cells.ravel().tolist())] += 1
    weights = np.array(list(expected.values())) / counts.size
    assert chisquare(list(seen.values()), 8000 * weights).pvalue > UNLIKELY


def test_the_clock_of_swaps_draws_discordant_edges_evenly_and_always_swaps() -> None:
    cells, chance = start_cup(6), open_chance(3, "test")
    swap_discordant(cells, 5, chance)
    edges = list_edges(6)
    flat = cells.ravel()
    discordant = [tuple(edge) for edge in edges.tolist() if flat[edge[0]] != flat[edge[1]]]
    counts = dict.fromkeys(discordant, 0)
    for _ in range(4000):
        after = cells.copy()
        swap_discordant(after, 1, chance)
        counts[tuple(np.flatnonzero(after.ravel() != flat).tolist())] += 1
    assert chisquare(list(counts.values())).pvalue > UNLIKELY


def test_the_list_of_discordant_edges_stays_true_over_many_swaps() -> None:
    """A swap of a pair that does not differ would change nothing; every one of these changes two cells."""
    cells, chance = start_cup(8), open_chance(4, "test")
    for _ in range(300):
        before = cells.copy()
        swap_discordant(cells, 1, chance)
        assert (cells != before).sum() == 2
    before = cells.copy()
    swap_discordant(cells, 501, chance)  # the parity of a permutation of 501 swaps: cream is where an odd number put it
    assert cells.sum() == 32 and ((cells != before).sum() % 2) == 0


def test_swaps_stop_where_all_cells_are_equal() -> None:
    cells = np.ones((4, 4), np.uint8)
    swap_discordant(cells, 10, open_chance(0, "test"))
    assert cells.all()


def test_one_step_of_a_walker_goes_each_way_a_quarter_of_the_time() -> None:
    chance, counts = open_chance(5, "test"), np.zeros((3, 3))
    for _ in range(4000):
        cells = np.zeros((3, 3), np.uint8)
        cells[1, 1] = 1
        walk_particles(cells, 1, chance)
        counts += cells
    assert counts[1, 1] == 0 and counts[[0, 0, 2, 2], [0, 2, 0, 2]].sum() == 0
    assert chisquare(counts[[0, 1, 1, 2], [1, 0, 2, 1]]).pvalue > UNLIKELY
    corner = np.zeros((3, 3))
    for _ in range(4000):
        cells = np.zeros((3, 3), np.uint8)
        cells[0, 0] = 1
        walk_particles(cells, 1, chance)
        corner += cells
    assert chisquare([corner[0, 0] / 2, corner[0, 0] / 2, corner[0, 1], corner[1, 0]]).pvalue > UNLIKELY


def test_particles_that_share_a_cell_all_walk() -> None:
    cells = np.zeros((6, 6), np.uint8)
    cells[2, 3] = 200
    walk_particles(cells, 50, open_chance(6, "test"))
    assert cells.sum() == 200 and (cells > 0).sum() > 15


@pytest.mark.parametrize("amplitude", [0.15, 0.5])
def test_a_shear_is_a_bijection(amplitude: float) -> None:
    numbered = np.arange(256, dtype=np.uint8).reshape(16, 16)
    sheared = numbered.copy()
    shear(sheared, amplitude, 0.3, 0.7)
    assert not np.array_equal(sheared, numbered)
    np.testing.assert_array_equal(np.sort(sheared.ravel()), numbered.ravel())


def test_a_shear_moves_rows_then_columns_by_a_sine() -> None:
    cells = np.zeros((8, 8), np.uint8)
    cells[2, 0] = 1
    shear(cells, 0.25, 0.0, 0.5)  # row 2: 0.25·8·sin(π/2) = 2 right; column 2: 2·sin(π/2 + π) = 2 up
    assert np.argwhere(cells).tolist() == [[0, 2]]


def test_the_tendril_is_a_connected_trail_from_the_middle() -> None:
    automaton = TendrilWalk()
    state = automaton.start(20, 0)
    for _ in range(200):
        before = state.hidden.copy()
        automaton.advance(state, 1)
        assert np.abs(state.hidden - before).sum() <= 1
        assert state.cells[tuple(state.hidden)] == 1
    assert state.cells[10, 10] == 1
    cells, tip = np.zeros((4, 4), np.uint8), np.array([0, 0])
    draw_tendril(cells, tip, 5000, open_chance(0, "test"))
    assert cells.all()


@pytest.mark.parametrize("rule", [30, 54, 90, 110])
def test_elementary_rows_follow_the_rule(rule: int) -> None:
    automaton = Elementary(rule)
    state = automaton.start(12, 0)
    automaton.advance(state, 5)
    automaton.advance(state, 17)
    for above, below in zip(state.cells, state.cells[1:], strict=False):
        for x in range(12):
            index = 4 * above[x - 1] + 2 * above[x] + above[(x + 1) % 12]
            assert below[x] == rule >> int(index) & 1
    with pytest.raises(InputError, match="0 to 255"):
        Elementary(256)


def test_uniform_draws_fill_the_interval() -> None:
    chance = open_chance(0, "test")
    draws = np.array([draw_uniform(chance) for _ in range(4000)])
    assert draws.min() >= 0 and draws.max() < 1
    assert chisquare(np.histogram(draws, 10, (0, 1))[0]).pvalue > UNLIKELY


def test_both_clocks_pass_through_states_of_one_law() -> None:
    """Late, both have forgotten the beginning: half of the pairs differ."""
    for clock in ("attempts", "swaps"):
        automaton = Interacting(clock)  # type: ignore[arg-type]
        state, shares = automaton.start(20, 0), []
        for _ in range(40):
            automaton.advance(state, int(automaton.find_timescale(20)))
            flat = state.cells.ravel()
            shares.append((flat[list_edges(20)[:, 0]] != flat[list_edges(20)[:, 1]]).mean())
        assert abs(np.mean(shares[5:]) - 0.5) < 0.02
