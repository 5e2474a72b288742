"""Coarse-graining against plain definitions, and the surrogate against what it must keep and lose."""

from __future__ import annotations

import numpy as np
import pytest

from lab.complexity.automata.interacting import Interacting
from lab.complexity.automata.sine_shear import SineShear
from lab.complexity.coarse import adjust, coarsen, draw_row_surrogate, measure_state, sum_squares
from lab.complexity.code import Message
from lab.complexity.codes.deflate import Deflate
from lab.complexity.trajectory import choose_moves, find_peak, follow, measure_frames
from lab.core.seeds import open_stream


def draw_cells(side: int, seed: int = 0) -> np.ndarray:
    return open_stream(seed, "test").integers(0, 2, (side, side)).astype(np.uint8)


@pytest.mark.parametrize("grain", [1, 2, 3, 10])
def test_sums_are_over_the_square_centred_on_the_cell(grain: int) -> None:
    cells, side = draw_cells(12), 12
    sums = sum_squares(cells, grain)
    for y in range(side):
        for x in range(side):
            rows = np.clip(np.arange(y - grain // 2, y - grain // 2 + grain), 0, side - 1)
            columns = np.clip(np.arange(x - grain // 2, x - grain // 2 + grain), 0, side - 1)
            assert sums[y, x] == cells[np.ix_(rows, columns)].sum()


def test_buckets_are_of_equal_width_and_the_last_takes_the_rest() -> None:
    cells = np.zeros((4, 4), np.uint8)
    cells[0], cells[1] = 1, 3  # with particles on top of each other a mean may exceed 1
    np.testing.assert_array_equal(coarsen(cells, 1, 3)[:, 0], [2, 2, 0, 0])
    columns = np.tile(np.arange(10, dtype=np.uint8) < 4, (10, 1)).astype(np.uint8)  # the middle sees four tenths
    assert coarsen(columns, 10, 3)[5, 5] == 1 and coarsen(columns, 10, 7)[5, 5] == 2


def test_adjusting_sets_what_is_near_the_majority_of_its_row_and_nothing_else() -> None:
    coarse = np.array([[2, 2, 3, 1, 5], [0, 6, 6, 5, 4], [1, 2, 1, 2, 4]], np.uint8)
    np.testing.assert_array_equal(adjust(coarse), [[2, 2, 2, 2, 5], [0, 6, 6, 6, 4], [1, 1, 1, 1, 4]])
    np.testing.assert_array_equal(adjust(np.zeros((2, 2), np.uint8)), np.zeros((2, 2)))


def test_lengths_are_those_of_the_code() -> None:
    cells, code = draw_cells(40), Deflate()
    lengths = measure_state(cells, 2, 5, 3, code)
    assert lengths.entropy_bits == code.count_bits(Message(cells, 2))
    assert lengths.complexity_bits == code.count_bits(Message(coarsen(cells, 5, 3), 3))
    assert lengths.adjusted_bits == code.count_bits(Message(adjust(coarsen(cells, 5, 7)), 7))


def test_surrogates_keep_the_rows_and_nothing_else() -> None:
    cells, stream = np.repeat(np.eye(2, dtype=np.uint8), 20, axis=1).repeat(20, axis=0), open_stream(1, "test")
    shuffled = draw_row_surrogate(cells, None, stream)
    np.testing.assert_array_equal(shuffled.sum(axis=1), cells.sum(axis=1))
    assert 0.3 < (shuffled != cells).mean() < 0.7
    rows = np.linspace(0.1, 0.9, 40)
    drawn = np.mean([draw_row_surrogate(cells, rows, stream).mean(axis=1) for _ in range(200)], axis=0)
    np.testing.assert_allclose(drawn, rows, atol=0.03)


def test_a_run_is_watched_at_the_times_asked_for_and_repeats_itself() -> None:
    automaton = Interacting()
    moves = choose_moves(automaton, 20, 2.0, 9)
    assert moves[0] == 0 and moves[-1] == round(2 * automaton.find_timescale(20)) and (np.diff(moves) > 0).all()
    first, again = (list(follow(automaton, 20, 3, moves)) for _ in range(2))
    assert [frame.moves for frame in first] == moves.tolist()
    for one, two in zip(first, again, strict=True):
        np.testing.assert_array_equal(one.cells, two.cells)
        np.testing.assert_array_equal(one.surrogate, two.surrogate)
    assert not np.array_equal(first[-1].cells, first[0].cells)
    curve = measure_frames(automaton, first, 5, 3, Deflate())
    assert curve["sweeps"][-1] == moves[-1] / 400 and curve["relaxation_times"][-1] == pytest.approx(2, rel=1e-4)
    assert curve["entropy_bits"][-1] > 4 * curve["entropy_bits"][0]


def test_stirring_is_far_above_its_surrogate_and_exclusion_is_not() -> None:
    """The withdrawn claim and its control, small: bits of the adjusted square above the surrogate's, relative."""
    side, share = 60, {}
    for automaton in (Interacting(), SineShear()):
        ratios = []
        for seed in range(3):
            frames = list(follow(automaton, side, seed, choose_moves(automaton, side, 1.6, 6)))[3:]
            curve = measure_frames(automaton, frames, 10, 3, Deflate())
            ratios.append(np.sum(curve["adjusted_bits"]) / np.sum(curve["surrogate_adjusted_bits"]))
        share[type(automaton).__name__] = np.mean(ratios)
    assert share["SineShear"] > 4 and 0.7 < share["Interacting"] < 1.3


def test_the_peak_is_the_height_and_the_middle_of_its_upper_tenth() -> None:
    times = np.linspace(0, 10, 101)
    assert find_peak(times, 20 + 80 * np.exp(-((times - 4) ** 2))) == (pytest.approx(4), pytest.approx(100))
