"""An automaton watched: its state at chosen times, each with a surrogate beside it, and the curve of their lengths."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from lab.complexity.automaton import Automaton, Cells
from lab.complexity.coarse import StateLengths, draw_row_surrogate, measure_state
from lab.complexity.code import Code
from lab.complexity.heat_kernel import compare_rows
from lab.core.seeds import open_stream


@dataclass(frozen=True)
class Frame:
    """A state after `moves`, a `surrogate` of it (both (n, n)), and χ² per degree of freedom of its rows against the
    exact ones, NaN where these are not known.
    """

    moves: int
    cells: Cells
    surrogate: Cells
    row_chi_square: float


def choose_moves(automaton: Automaton, side: int, until: float, snapshots: int) -> NDArray[np.int64]:
    """The moves at which to look, from 0 to `until` time scales τ, closer together early (a square law)."""
    share = np.linspace(0.0, 1.0, snapshots) ** 2
    moves: NDArray[np.int64] = np.rint(until * automaton.find_timescale(side) * share).astype(np.int64)
    return moves


def follow(automaton: Automaton, side: int, seed: int, moves: NDArray[np.int64]) -> Iterator[Frame]:
    """The frames of one run at increasing `moves`; surrogates have a stream of chance of their own."""
    state, stream = automaton.start(side, seed), open_stream(seed, "automaton", "surrogate")
    predicted = automaton.predict_rows(side, moves)
    for k, at in enumerate(moves.tolist()):
        automaton.advance(state, at - state.moves)
        rows = None if predicted is None else predicted[k]
        chi_square = np.nan if rows is None else compare_rows(state.cells.sum(axis=1, dtype=float), rows)
        yield Frame(at, state.cells.copy(), draw_row_surrogate(state.cells, rows, stream), chi_square)


def measure_frames(
    automaton: Automaton, frames: Iterable[Frame], grain: int, buckets: int, code: Code
) -> dict[str, list[float]]:
    """The curve of one run as columns of `lab.core.columns`: times, lengths of the states and of the surrogates."""
    rows = [
        {
            **_tell_time(automaton, frame),
            **asdict(_measure(frame.cells, automaton, grain, buckets, code)),
            **{
                f"surrogate_{name}": bits
                for name, bits in asdict(_measure(frame.surrogate, automaton, grain, buckets, code)).items()
            },
        }
        for frame in frames
    ]
    return {name: [row[name] for row in rows] for name in rows[0]}


def find_peak(times: NDArray[np.float64], lengths: NDArray[np.float64]) -> tuple[float, float]:
    """Time and height of a hump: the largest length, and the mean time of the snapshots above nine tenths of its rise.

    One snapshot alone would tell the time no better than the steps between them.
    """
    rise = lengths - lengths[0]
    top = rise >= 0.9 * rise.max()
    return float(times[top].mean()), float(lengths.max())


def _measure(cells: Cells, automaton: Automaton, grain: int, buckets: int, code: Code) -> StateLengths:
    return measure_state(cells, automaton.alphabet, grain, buckets, code)


def _tell_time(automaton: Automaton, frame: Frame) -> dict[str, float]:
    side = len(frame.cells)
    return {
        "moves": float(frame.moves),
        "sweeps": frame.moves / automaton.count_sweep(side),
        "relaxation_times": frame.moves / automaton.find_timescale(side),
    }
