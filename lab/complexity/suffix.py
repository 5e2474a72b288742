"""The suffix automaton of a sequence, grown symbol by symbol, and the exhaustive history it parses on the way.

The automaton of a prefix accepts every word that occurs in it (Blumer et al. 1985, Theor. Comput. Sci. 40): at most 2n
states and 3n − 4 edges. Growing it costs a constant number of steps a symbol, amortised; what grows with n beyond that
is only the cost of memory that no cache holds. Small alphabets keep a row of targets in every state; larger ones a
block of edges, so that memory does not grow with the alphabet and a step reads at most the edges that leave a state.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

Integers = NDArray[np.int32]
Sequence = NDArray[np.uint8]

WIDEST_ROW = 8  # symbols; a wider row would be mostly empty
LINK, LENGTH, ROW = 0, 1, 2  # fields of a state; the third and those behind it are a row of targets, or:
FIRST, BLOCK, DEGREE = 2, 3, 4  # where it first ended, where its block of edges begins (with room for the next power
# of two), and how many they are
NONE = -1


@njit(cache=True)
def parse_rows(sequence: Sequence, start: int, states: Integers, firsts: Integers, phrases: Integers) -> int:
    """Parse `sequence` (n,) from `start` on into `phrases` (≥ phrases + 1, 3): start, length of the match, where
    the match was seen. `states` (2n + 1, 2 + alphabet) and `firsts` (2n + 1,) are room for the automaton.

    Lempel and Ziv 1976 (IEEE Trans. Inf. Theory 22, section II): a phrase that starts at i is the shortest word
    s[i..j] that does not occur in s[0..j−1]; the last one may be cut by the end. Returns their number. A state is a
    row: suffix link, length of its longest word, the target by each symbol (0: none); bits make it a quarter of a line
    of the cache. Where that word first ended stands apart, for growing seldom asks.
    """
    n = sequence.size
    states[0] = 0
    states[0, LINK] = NONE
    count, last, found, state, matched = 1, 0, 0, 0, 0
    for j in range(n):
        if j == start:
            found, state, matched = 0, 0, 0
        edge = ROW + sequence[j]
        if states[state, edge]:
            state = states[state, edge]
            matched += 1
        else:
            _add_phrase(phrases, found, j - matched, matched, firsts[state])
            found += 1
            state, matched = 0, 0
        new = count
        count += 1
        states[new] = 0
        states[new, LENGTH] = j + 1
        firsts[new] = j
        at = last
        while at != NONE and not states[at, edge]:
            states[at, edge] = new
            at = states[at, LINK]
        if at != NONE:
            old = states[at, edge]
            longest = states[at, LENGTH] + 1
            if states[old, LENGTH] == longest:
                states[new, LINK] = old
            else:
                clone = count
                count += 1
                states[clone] = states[old]
                states[clone, LENGTH] = longest
                firsts[clone] = firsts[old]
                states[old, LINK] = clone
                states[new, LINK] = clone
                while at != NONE and states[at, edge] == old:
                    states[at, edge] = clone
                    at = states[at, LINK]
                if state == old and matched <= longest:
                    state = clone
        last = new
    if n <= start:
        return 0
    if matched:
        _add_phrase(phrases, found, n - matched, matched, firsts[state])
        found += 1
    return found


@njit(cache=True)
def parse_blocks(sequence: Sequence, start: int, phrases: Integers) -> int:
    """What `parse_rows` does, for any alphabet of bytes."""
    n = sequence.size
    states = np.empty((2 * n + 1, 5), np.int32)
    symbols, targets = np.empty(12 * n + 1, np.uint8), np.empty(12 * n + 1, np.int32)
    states[0] = 0
    states[0, LINK] = NONE
    count, used, last, found, state, matched = 1, 0, 0, 0, 0, 0
    for j in range(n):
        if j == start:
            found, state, matched = 0, 0, 0
        symbol = sequence[j]
        edge = _find_edge(states, symbols, state, symbol)
        if edge != NONE:
            state = targets[edge]
            matched += 1
        else:
            _add_phrase(phrases, found, j - matched, matched, states[state, FIRST])
            found += 1
            state, matched = 0, 0
        new = count
        count += 1
        states[new] = 0
        states[new, LENGTH], states[new, FIRST] = j + 1, j
        at, edge = last, NONE
        while at != NONE:
            edge = _find_edge(states, symbols, at, symbol)
            if edge != NONE:
                break
            used = _add_edge(states, symbols, targets, used, at, symbol, new)
            at = states[at, LINK]
        if at != NONE:
            old = targets[edge]
            longest = states[at, LENGTH] + 1
            if states[old, LENGTH] == longest:
                states[new, LINK] = old
            else:
                clone = count
                count += 1
                states[clone] = states[old]
                states[clone, LENGTH] = longest
                used = _own_edges(states, symbols, targets, used, clone, _count_room(states[old, DEGREE]))
                states[old, LINK] = clone
                states[new, LINK] = clone
                while edge != NONE and targets[edge] == old:
                    targets[edge] = clone
                    at = states[at, LINK]
                    edge = _find_edge(states, symbols, at, symbol) if at != NONE else NONE
                if state == old and matched <= longest:
                    state = clone
        last = new
    if n <= start:
        return 0
    if matched:
        _add_phrase(phrases, found, n - matched, matched, states[state, FIRST])
        found += 1
    return found


@njit(cache=True)
def _find_edge(states: Integers, symbols: Sequence, state: int, symbol: int) -> int:
    block = states[state, BLOCK]
    for edge in range(block, block + states[state, DEGREE]):
        if symbols[edge] == symbol:
            return edge
    return NONE


@njit(cache=True)
def _add_edge(
    states: Integers, symbols: Sequence, targets: Integers, used: int, state: int, symbol: int, target: int
) -> int:
    degree = states[state, DEGREE]
    if _count_room(degree) == degree:
        used = _own_edges(states, symbols, targets, used, state, max(1, 2 * degree))
    edge = states[state, BLOCK] + degree
    symbols[edge], targets[edge] = symbol, target
    states[state, DEGREE] = degree + 1
    return used


@njit(cache=True)
def _own_edges(states: Integers, symbols: Sequence, targets: Integers, used: int, state: int, room: int) -> int:
    """Copy the edges of a state to a new block with `room`, so that their sum stays below four times the edges."""
    block, degree = states[state, BLOCK], states[state, DEGREE]
    symbols[used : used + degree] = symbols[block : block + degree]
    targets[used : used + degree] = targets[block : block + degree]
    states[state, BLOCK] = used
    return used + room


@njit(cache=True)
def _count_room(degree: int) -> int:
    """The power of two that holds `degree` edges; none have no block."""
    room = 1 if degree else 0
    while room < degree:
        room *= 2
    return room


@njit(cache=True)
def _add_phrase(phrases: Integers, place: int, start: int, matched: int, first: int) -> None:
    phrases[place, 0], phrases[place, 1], phrases[place, 2] = start, matched, first - matched + 1 if matched else 0


def measure_memory(length: int, alphabet: int) -> int:
    """Bytes the automaton of `length` symbols may come to occupy: its most states, and the blocks of its most edges."""
    if alphabet <= WIDEST_ROW:
        return 4 * (2 * length + 1) * (ROW + alphabet + 1)
    return 4 * 5 * (2 * length + 1) + 5 * (12 * length + 1)
