"""The suffix automaton of a sequence, grown symbol by symbol, and the exhaustive history it parses on the way.

The automaton of a prefix accepts every word that occurs in it (Blumer et al. 1985, Theor. Comput. Sci. 40): at most 2n
states and 3n − 4 edges. Growing it costs a constant number of steps a symbol, amortised; what grows with n beyond that
is only the cost of memory that no cache holds. Small alphabets keep a row of targets in every state; larger ones a list
of edges, so that memory does not grow with the alphabet and a step costs up to the number of edges that leave a state.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

Integers = NDArray[np.int32]
Sequence = NDArray[np.uint8]

WIDEST_ROW = 8  # symbols; a wider row would be mostly empty
LINK, LENGTH, FIRST, HEAD = 0, 1, 2, 3  # fields of a state; a row of targets stands behind FIRST
SYMBOL, TARGET, NEXT = 0, 1, 2  # fields of an edge
NONE = -1


@njit(cache=True)
def parse_rows(sequence: Sequence, alphabet: int, phrases: Integers) -> int:
    """Parse `sequence` (n,) into `phrases` (≥ phrases + 1, 3): start, length of the match, where the match was seen.

    Lempel and Ziv 1976 (IEEE Trans. Inf. Theory 22, section II): a phrase that starts at i is the shortest word
    s[i..j] that does not occur in s[0..j−1]; the last one may be cut by the end. Returns their number. A state is a
    row: suffix link, length of its longest word, where that first ended, then the target by each symbol (0: none).
    """
    n = sequence.size
    states = np.empty((2 * n + 1, FIRST + 1 + alphabet), np.int32)
    states[0] = 0
    states[0, LINK] = NONE
    count, last, found, state, matched = 1, 0, 0, 0, 0
    for j in range(n):
        edge = FIRST + 1 + sequence[j]
        if states[state, edge]:
            state = states[state, edge]
            matched += 1
        else:
            _add_phrase(phrases, found, j - matched, matched, states[state, FIRST])
            found += 1
            state, matched = 0, 0
        new = count
        count += 1
        states[new] = 0
        states[new, LENGTH] = j + 1
        states[new, FIRST] = j
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
                states[old, LINK] = clone
                states[new, LINK] = clone
                while at != NONE and states[at, edge] == old:
                    states[at, edge] = clone
                    at = states[at, LINK]
                if state == old and matched <= longest:
                    state = clone
        last = new
    if matched:
        _add_phrase(phrases, found, n - matched, matched, states[state, FIRST])
        found += 1
    return found


@njit(cache=True)
def parse_lists(sequence: Sequence, phrases: Integers) -> int:
    """What `parse_rows` does, for any alphabet of bytes: a state heads a list of edges (symbol, target, next)."""
    n = sequence.size
    states = np.empty((2 * n + 1, 4), np.int32)
    edges = np.empty((3 * n + 1, 3), np.int32)
    states[0] = 0
    states[0, LINK] = states[0, HEAD] = NONE
    count, made, last, found, state, matched = 1, 0, 0, 0, 0, 0
    for j in range(n):
        symbol = sequence[j]
        edge = _find_edge(states, edges, state, symbol)
        if edge != NONE:
            state = edges[edge, TARGET]
            matched += 1
        else:
            _add_phrase(phrases, found, j - matched, matched, states[state, FIRST])
            found += 1
            state, matched = 0, 0
        new = count
        count += 1
        states[new, LINK], states[new, LENGTH], states[new, FIRST], states[new, HEAD] = 0, j + 1, j, NONE
        at, edge = last, NONE
        while at != NONE:
            edge = _find_edge(states, edges, at, symbol)
            if edge != NONE:
                break
            made = _add_edge(states, edges, made, at, symbol, new)
            at = states[at, LINK]
        if at != NONE:
            old = edges[edge, TARGET]
            longest = states[at, LENGTH] + 1
            if states[old, LENGTH] == longest:
                states[new, LINK] = old
            else:
                clone = count
                count += 1
                states[clone] = states[old]
                states[clone, LENGTH], states[clone, HEAD] = longest, NONE
                copied = states[old, HEAD]
                while copied != NONE:
                    made = _add_edge(states, edges, made, clone, edges[copied, SYMBOL], edges[copied, TARGET])
                    copied = edges[copied, NEXT]
                states[old, LINK] = clone
                states[new, LINK] = clone
                while edge != NONE and edges[edge, TARGET] == old:
                    edges[edge, TARGET] = clone
                    at = states[at, LINK]
                    edge = _find_edge(states, edges, at, symbol) if at != NONE else NONE
                if state == old and matched <= longest:
                    state = clone
        last = new
    if matched:
        _add_phrase(phrases, found, n - matched, matched, states[state, FIRST])
        found += 1
    return found


@njit(cache=True)
def _find_edge(states: Integers, edges: Integers, state: int, symbol: int) -> int:
    edge = states[state, HEAD]
    while edge != NONE and edges[edge, SYMBOL] != symbol:
        edge = edges[edge, NEXT]
    return int(edge)


@njit(cache=True)
def _add_edge(states: Integers, edges: Integers, made: int, state: int, symbol: int, target: int) -> int:
    edges[made, SYMBOL], edges[made, TARGET], edges[made, NEXT] = symbol, target, states[state, HEAD]
    states[state, HEAD] = made
    return made + 1


@njit(cache=True)
def _add_phrase(phrases: Integers, place: int, start: int, matched: int, first: int) -> None:
    phrases[place, 0], phrases[place, 1], phrases[place, 2] = start, matched, first - matched + 1 if matched else 0


def measure_memory(length: int, alphabet: int) -> int:
    """Bytes the automaton of `length` symbols may come to occupy: its most states, and edges where it has lists."""
    if alphabet <= WIDEST_ROW:
        return 4 * (2 * length + 1) * (FIRST + 1 + alphabet)
    return 4 * (4 * (2 * length + 1) + 3 * (3 * length + 1))
