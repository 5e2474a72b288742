"""The exact row means: against the matrix itself, and the interacting automaton against them."""

from __future__ import annotations

import numpy as np
import pytest

from lab.complexity.automata.interacting import Interacting
from lab.complexity.automata.non_interacting import NonInteracting
from lab.complexity.heat_kernel import compare_rows, find_relaxation, predict_rows
from lab.complexity.lattice import count_edges


@pytest.mark.parametrize("moves", [0, 1, 2, 37])
def test_the_eigenmodes_are_the_power_of_the_matrix(moves: int) -> None:
    side, rate = 12, 1 / count_edges(12)
    laplacian = np.diag(np.ones(side - 1), 1) + np.diag(np.ones(side - 1), -1)
    laplacian -= np.diag(laplacian.sum(axis=0))
    first = np.repeat([1.0, 0.0], side // 2)
    wanted = np.linalg.matrix_power(np.eye(side) + rate * laplacian, moves) @ first
    np.testing.assert_allclose(predict_rows(first, np.array([moves]), rate)[0], wanted, atol=1e-12)


def test_the_slowest_mode_falls_to_one_over_e_in_a_relaxation_time() -> None:
    side, rate = 100, 1 / count_edges(100)
    tau = find_relaxation(side, rate)
    assert tau == pytest.approx(2 * side**4 / np.pi**2, rel=0.02)
    mode = np.cos(np.pi * (np.arange(side) + 0.5) / side)
    late = predict_rows(0.5 + 0.5 * mode, np.array([round(tau)]), rate)[0] - 0.5
    assert late[0] / (0.5 * mode[0]) == pytest.approx(np.exp(-1), rel=1e-6)


@pytest.mark.parametrize(
    ("side", "seeds"),
    [(20, 24), pytest.param(100, 10, marks=pytest.mark.slow), pytest.param(200, 4, marks=pytest.mark.slow)],
)
def test_row_means_of_the_interacting_automaton_are_the_heat_kernel(side: int, seeds: int) -> None:
    """χ² per degree of freedom over 60 snapshots and the seeds, 0.8 to 1.05: exclusion is negatively dependent."""
    automaton = Interacting()
    moves = np.rint(np.linspace(0.05, 2.0, 60) * automaton.find_timescale(side)).astype(np.int64)
    predicted = automaton.predict_rows(side, moves)
    assert predicted is not None
    found = []
    for seed in range(seeds):
        state = automaton.start(side, seed)
        for at, rows in zip(moves, predicted, strict=True):
            automaton.advance(state, int(at) - state.moves)
            found.append(compare_rows(state.cells.sum(axis=1), rows))
    assert 0.8 <= np.mean(found) <= 1.05


def test_row_means_of_the_walkers_are_the_heat_kernel() -> None:
    """Averaged over seeds: their variance is not Bernoulli's, their mean is exact."""
    automaton, side, seeds = NonInteracting(), 16, 60
    sums = np.zeros(side)
    for seed in range(seeds):
        state = automaton.start(side, seed)
        automaton.advance(state, 60)
        sums += state.cells.sum(axis=1)
    wanted = predict_rows(np.repeat([1.0, 0.0], side // 2), np.array([60]), automaton.RATE)[0]
    error = (sums / (seeds * side) - wanted) / np.sqrt(np.maximum(wanted, 0.05) / (seeds * side))
    assert (error**2).mean() < 2.0 and np.abs(error).max() < 3.5


def test_a_wrong_kernel_is_seen() -> None:
    automaton, side = Interacting(), 20
    state = automaton.start(side, 0)
    automaton.advance(state, round(automaton.find_timescale(side)))
    wrong = automaton.predict_rows(side, np.array([state.moves // 3]))
    assert wrong is not None and compare_rows(state.cells.sum(axis=1), wrong[0]) > 1.5
