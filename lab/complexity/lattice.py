"""The inner loops of the automata, compiled: swaps along edges of the square lattice, and walkers upon it.

Chance is xoshiro256++ (Blackman and Vigna 2021, doi 10.1145/3460772), its four words carried by the caller, so that a
state and its stream of randomness continue together. A range is drawn by multiplying a half word of 32 bits: an edge's
probability is off by less than edges / 2^32, below 2·10^−5 at n = 200.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from lab.core.seeds import open_stream

Chance = NDArray[np.uint64]


def open_chance(seed: int, *names: str | int) -> Chance:
    """The four words of a stream of its own for the named use."""
    return open_stream(seed, *names).integers(1, 2**64, size=4, dtype=np.uint64, endpoint=False)


def count_edges(side: int) -> int:
    """M = 2n(n − 1): neighbouring pairs of cells; walls reflect."""
    return 2 * side * (side - 1)


@lru_cache(maxsize=16)
def list_edges(side: int) -> NDArray[np.uint32]:
    """The two flat positions of every edge, shape (M, 2)."""
    at = np.arange(side * side, dtype=np.uint32).reshape(side, side)
    across = np.stack([at[:, :-1].ravel(), at[:, 1:].ravel()], axis=1)
    down = np.stack([at[:-1].ravel(), at[1:].ravel()], axis=1)
    edges: NDArray[np.uint32] = np.concatenate([across, down])
    edges.setflags(write=False)
    return edges


@lru_cache(maxsize=16)
def _pack_edges(side: int) -> tuple[NDArray[np.unsignedinteger[Any]], np.uint64]:
    """Every edge as one word, and the bits a cell has in it: 32 bits an edge are half the traffic with the cache."""
    edges, bits = list_edges(side), np.uint64(16 if side <= 256 else 32)
    wide = edges.astype(np.uint64)
    packed = wide[:, 0] | wide[:, 1] << bits
    return packed.astype(np.uint32) if side <= 256 else packed, bits


def swap_along(cells: NDArray[np.uint8], moves: int, chance: Chance) -> None:
    """`moves` times: any edge of the lattice, uniformly; its two cells change places."""
    packed, bits = _pack_edges(len(cells))
    _swap(cells.reshape(-1), packed, bits, moves, chance)


def swap_discordant(cells: NDArray[np.uint8], moves: int, chance: Chance) -> None:
    """`moves` times: any edge whose two cells differ, uniformly; they change places. Stops where none does."""
    edges = list_edges(len(cells))
    _swap_discordant(cells.reshape(-1), edges, list_incident(len(cells)), moves, chance)


@lru_cache(maxsize=16)
def list_incident(side: int) -> NDArray[np.int32]:
    """The edges at every cell, shape (n², 4), −1 where a wall is."""
    edges = list_edges(side)
    found = np.full((side * side, 4), -1, np.int32)
    fill = np.zeros(side * side, np.int64)
    for end in (0, 1):
        for half in (slice(0, len(edges) // 2), slice(len(edges) // 2, None)):  # no cell twice within one of these
            cells = edges[half, end]
            found[cells, fill[cells]] = np.arange(len(edges), dtype=np.int32)[half]
            fill[cells] += 1
    found.setflags(write=False)
    return found


@njit(cache=True, inline="always")
def _step(a: Any, b: Any, c: Any, d: Any) -> Any:
    """xoshiro256++: the output, then the next state."""
    total = a + d
    word = ((total << np.uint64(23)) | (total >> np.uint64(41))) + a
    shifted = b << np.uint64(17)
    c ^= a
    d ^= b
    b ^= c
    a ^= d
    c ^= shifted
    d = (d << np.uint64(45)) | (d >> np.uint64(19))
    return word, a, b, c, d


@njit(cache=True)
def _swap(cells: Any, packed: Any, bits: Any, moves: int, chance: Any) -> None:
    """Branch-free: two edges from one random word, both cells always written. An edge is one word, `bits` a cell."""
    a, b, c, d = chance[0], chance[1], chance[2], chance[3]
    edges, half, low = np.uint64(len(packed)), np.uint64(32), np.uint64(0xFFFFFFFF)
    mask = (np.uint64(1) << bits) - np.uint64(1)
    for i in range((moves + 1) // 2):
        word, a, b, c, d = _step(a, b, c, d)
        edge = np.uint64(packed[((word & low) * edges) >> half])
        p, q = edge & mask, edge >> bits
        cells[p], cells[q] = cells[q], cells[p]
        if 2 * i + 1 < moves:
            edge = np.uint64(packed[((word >> half) * edges) >> half])
            p, q = edge & mask, edge >> bits
            cells[p], cells[q] = cells[q], cells[p]
    chance[0], chance[1], chance[2], chance[3] = a, b, c, d


@njit(cache=True)
def _swap_discordant(cells: Any, edges: Any, incident: Any, moves: int, chance: Any) -> None:
    """Keeps the list of discordant edges and where each stands in it; a swap changes at most six other edges."""
    a, b, c, d = chance[0], chance[1], chance[2], chance[3]
    listed, place, count = np.empty(len(edges), np.int32), np.full(len(edges), -1, np.int32), 0
    for e in range(len(edges)):
        if cells[edges[e, 0]] != cells[edges[e, 1]]:
            listed[count], place[e] = e, count
            count += 1
    for _ in range(moves):
        if count == 0:
            break
        word, a, b, c, d = _step(a, b, c, d)
        chosen = listed[((word >> np.uint64(32)) * np.uint64(count)) >> np.uint64(32)]
        p, q = edges[chosen, 0], edges[chosen, 1]
        cells[p], cells[q] = cells[q], cells[p]
        for end in (p, q):
            for k in range(4):
                e = incident[end, k]
                if e < 0 or e == chosen:
                    continue
                if cells[edges[e, 0]] != cells[edges[e, 1]]:
                    if place[e] < 0:
                        listed[count], place[e] = e, count
                        count += 1
                elif place[e] >= 0:
                    count -= 1
                    last = listed[count]
                    listed[place[e]], place[last] = last, place[e]
                    place[e] = -1
    chance[0], chance[1], chance[2], chance[3] = a, b, c, d


@njit(cache=True)
def walk_particles(cells: Any, moves: int, chance: Any) -> None:
    """Every particle of counts `cells` (n, n) uint8 makes `moves` steps up, down, left or right, staying where a wall
    is. They do not meet, so each walks its whole way at once. A count above 255 would wrap: none comes near.
    """
    a, b, c, d = chance[0], chance[1], chance[2], chance[3]
    last = len(cells) - 1
    before = cells.copy()
    cells[:] = 0
    for row in range(last + 1):
        for column in range(last + 1):
            for _ in range(before[row, column]):
                y: Any = row
                x: Any = column
                left, word = 0, np.uint64(0)
                for _ in range(moves):
                    if left == 0:
                        word, a, b, c, d = _step(a, b, c, d)
                        left = 32
                    bits = np.int64(word & np.uint64(3))
                    word >>= np.uint64(2)
                    left -= 1
                    step, across = (bits & 2) - 1, bits & 1
                    x = min(max(x + step * across, 0), last)
                    y = min(max(y + step * (1 - across), 0), last)
                cells[y, x] += 1
    chance[0], chance[1], chance[2], chance[3] = a, b, c, d


@njit(cache=True)
def draw_tendril(cells: Any, tip: Any, moves: int, chance: Any) -> None:
    """The tip (row, column) makes `moves` steps of a random walk, staying where a wall is, and leaves cream (1)."""
    a, b, c, d = chance[0], chance[1], chance[2], chance[3]
    last = len(cells) - 1
    y, x = tip[0], tip[1]
    for _ in range(moves):
        word, a, b, c, d = _step(a, b, c, d)
        step, across = np.int64((word >> np.uint64(62)) & np.uint64(2)) - 1, np.int64(word >> np.uint64(62)) & 1
        x = min(max(x + step * across, 0), last)
        y = min(max(y + step * (1 - across), 0), last)
        cells[y, x] = 1
    tip[0], tip[1] = y, x
    chance[0], chance[1], chance[2], chance[3] = a, b, c, d


@njit(cache=True)
def draw_uniform(chance: Any) -> float:
    """A number in [0, 1), 53 bits."""
    word, a, b, c, d = _step(chance[0], chance[1], chance[2], chance[3])
    chance[0], chance[1], chance[2], chance[3] = a, b, c, d
    return np.float64(word >> np.uint64(11)) * 2.0**-53
