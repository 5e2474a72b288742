"""The coffee automaton against a plain list and against the usual vectorised one, in one run; CPU time, medians.

`python -m benchmarks.coffee` prints attempts a second by side, the ratios at n = 100, the cream that the vectorised
swap makes or loses, and the time of 100 × 100 cells to 5 τ.
"""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Callable

import numpy as np

from lab.complexity.automata.interacting import Interacting
from lab.complexity.lattice import count_edges, list_edges

SIDE, REPEATS = 100, 5
SIDES = (50, 100, 200, 400)


def swap_in_lists(cells: list[int], edges: list[tuple[int, int]], moves: int) -> None:
    """One attempt after the other on a flat list: the plain implementation."""
    for _ in range(moves):
        p, q = edges[int(random.random() * len(edges))]
        cells[p], cells[q] = cells[q], cells[p]


def swap_in_batches(cells: np.ndarray, moves: int, generator: np.random.Generator) -> None:
    """The usual vectorised swap: a batch of cells, each with a random neighbour; all pairs that differ change places.

    Two pairs of a batch may share a cell; one of the writes is then lost, and cream with it.
    """
    side, batch = len(cells), len(cells) ** 2 // 2
    steps = np.array([(0, 1), (1, 0), (0, -1), (-1, 0)])
    for _ in range(moves // batch):
        at = generator.integers(0, side, (batch, 2))
        to = at + steps[generator.integers(0, 4, batch)]
        inside = ((to >= 0) & (to < side)).all(axis=1)
        (y, x), (v, u) = at[inside].T, to[inside].T
        differ = cells[y, x] != cells[v, u]
        y, x, v, u = y[differ], x[differ], v[differ], u[differ]
        cells[y, x], cells[v, u] = cells[v, u], cells[y, x]


def time_rate(make: Callable[[int], None], moves: int) -> float:
    """Attempts per CPU second, the median of `REPEATS`."""
    rates = []
    for _ in range(REPEATS):
        began = time.process_time()
        make(moves)
        rates.append(moves / (time.process_time() - began))
    return statistics.median(rates)


def main() -> None:
    """All measurements."""
    automaton, state = Interacting(), Interacting().start(SIDE, 0)
    automaton.advance(state, 10)  # compiled, or read from the cache

    ours = {}
    for side in SIDES:
        run = automaton.start(side, 0)
        ours[side] = time_rate(lambda moves, run=run: automaton.advance(run, moves), 30_000_000)  # type: ignore[misc]
        print(f"n = {side}: {ours[side] / 1e6:,.0f} M attempts/s")
    swaps = Interacting("swaps")
    run = swaps.start(SIDE, 0)
    literal = time_rate(lambda moves: swaps.advance(run, moves), 1_000_000)
    print(f"by the clock of swaps, n = {SIDE}: {literal / 1e6:,.1f} M swaps/s")

    cup = automaton.start(SIDE, 0).cells
    flat, edges = cup.ravel().tolist(), [tuple(edge) for edge in list_edges(SIDE).tolist()]
    assert len(edges) == count_edges(SIDE)
    listed = time_rate(lambda moves: swap_in_lists(flat, edges, moves), 100_000)
    print(f"plain lists: {listed / 1e6:.3f} M attempts/s; ours is {ours[SIDE] / listed:,.0f} times as fast (bar 100)")

    generator, before = np.random.default_rng(0), int(cup.sum())
    batched = time_rate(lambda moves: swap_in_batches(cup, moves, generator), 2_000_000)
    print(f"vectorised: {batched / 1e6:.1f} M attempts/s; ours is {ours[SIDE] / batched:,.0f} times as fast (bar 20)")
    print(f"cream: {before} before, vectorised {int(cup.sum())} after, ours {int(state.cells.sum())}")

    run = automaton.start(SIDE, 1)
    began = time.process_time()
    automaton.advance(run, round(5 * automaton.find_timescale(SIDE)))
    spent = time.process_time() - began
    print(f"n = {SIDE} to 5 τ, {run.moves:,} attempts: {spent:.2f} CPU-s (bar 1)")


if __name__ == "__main__":
    main()
