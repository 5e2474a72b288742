"""Phrases: a sequence cut where it says something new, after Lempel and Ziv 1976 (LZ76) and Ziv and Lempel 1978 (LZ78).

The number of phrases c is a complexity of its own (`normalise_count`); what a decoder needs to undo the cuts is a code.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from lab.complexity.code import Message
from lab.complexity.krichevsky import count_adaptive_bits
from lab.complexity.suffix import ROW, WIDEST_ROW, measure_memory, parse_blocks, parse_rows
from lab.core.errors import RefusedError

MOST_MEMORY = 2**30  # bytes that a parse may come to occupy
EMPTY = -1


def parse_lz76(message: Message, start: int = 0) -> NDArray[np.int32]:
    """The exhaustive history, (phrases, 3): start, length of the match before the new symbol, start of its source.

    What stands before `start` is not parsed but known, and may be matched. Time and memory are linear in the length.
    Raises `RefusedError` where the automaton might take more than 1 GiB: 2.6·10⁷ bits or 1.07·10⁷ bytes.
    """
    n, alphabet = len(message), message.alphabet
    if measure_memory(n, alphabet) > MOST_MEMORY:
        need = measure_memory(n, alphabet) / 2**30
        raise RefusedError("LZ76", f"{n} symbols", f"their automaton may take {need:.1f} GiB", "parse a part of them")
    found = np.empty((bound_phrases(n, alphabet) + 1, 3), np.int32)
    if alphabet <= WIDEST_ROW:
        states, firsts = np.empty((2 * n + 1, ROW + alphabet), np.int32), np.empty(2 * n + 1, np.int32)
        count = parse_rows(message.sequence, start, states, firsts, found)
    else:
        count = parse_blocks(message.sequence, start, found)
    return found[:count]


def count_lz76(message: Message) -> int:
    """The number of phrases of the exhaustive history; constants have 2, '1010' has 3.

    The definition of Lempel and Ziv 1976, as counted by Kaspar and Schuster 1987 (Phys. Rev. A 36, 842). Much that is
    called so counts LZ78's phrases.
    """
    return len(parse_lz76(message))


def count_lz78(message: Message, start: int = 0) -> tuple[int, bool]:
    """LZ78's phrases, each a former one and one symbol more, and whether the end cut the last, so that it repeats.

    A phrase ends before `start`; if it repeats a former one, it is not counted.
    """
    capacity = 1 << (2 * bound_phrases(len(message), message.alphabet)).bit_length()
    count, cut = _count_lz78(message.sequence, start, capacity)
    return int(count), bool(cut)


@njit(cache=True)
def _count_lz78(sequence: NDArray[np.uint8], start: int, capacity: int) -> tuple[int, bool]:
    keys = np.full(capacity, EMPTY, np.int64)  # phrase · 256 + symbol; open addressing
    longer = np.empty(capacity, np.int32)
    mask = np.uint64(capacity - 1)
    count, phrase = 0, 0
    for t, symbol in enumerate(sequence):
        phrase = 0 if t == start else phrase
        key = np.int64(phrase) * 256 + np.int64(symbol)
        # Fibonacci hashing (Knuth, TAOCP 3, 6.4): neighbouring keys land far apart.
        place = (np.uint64(key) * np.uint64(0x9E3779B97F4A7C15) >> np.uint64(20)) & mask
        while keys[place] != key and keys[place] != EMPTY:
            place = (place + np.uint64(1)) & mask
        if keys[place] == key:
            phrase = longer[place]
        else:
            count += 1
            keys[place], longer[place] = key, count
            phrase = 0
    return count + (phrase > 0), phrase > 0


def bound_phrases(length: int, alphabet: int) -> int:
    """The most distinct phrases that `length` symbols can be cut into, the shortest first, and one for the end."""
    count, size, words = 0, 1, alphabet
    while length > size * words:
        count, length = count + words, length - size * words
        size, words = size + 1, words * alphabet
    return count + length // size + 1


def normalise_count(phrases: int, length: int, alphabet: int = 2) -> float:
    """c·log_k(n)/n, which tends to the entropy rate over log2 k (Lempel and Ziv 1976, Theorem 2 and section IV).

    Slowly, and from above: of fair bits it is 1.016, 1.012 and 1.009 at n = 2·10⁵, 10⁶ and 10⁷ for LZ76, 1.43, 1.39 and
    1.34 for LZ78. It compares sequences of one length. NaN below two symbols.
    """
    return phrases * math.log(length, alphabet) / length if length > 1 else math.nan


def count_elias_bits(values: NDArray[np.integer]) -> float:
    """Bits of the adaptive Elias code of integers ≥ 1, in the order given.

    Elias's γ (1975) says how many binary digits a value has, in unary, then all but the first of them. Here every
    binary decision is coded by the Krichevsky–Trofimov estimate (1981) of the decisions made before in its place: the
    same unary digit, or, of values as long, the same digits above. By the chain rule Kraft's inequality holds.
    """
    if not values.size:
        return 0.0
    value = np.asarray(values, np.int64)
    digits = np.frexp(value.astype(float))[1] - 1  # digits behind the first
    zeros, ones = [], []  # of the decisions made in each place
    for place in range(int(digits.max()) + 1):
        stopped, longer = np.count_nonzero(digits == place), value[digits > place]
        zeros.append(np.array([stopped]))
        ones.append(np.array([longer.size]))
        rest = digits[digits > place] - place
        context, decided = np.unique_inverse(rest.astype(np.int64) << 40 | longer >> rest)
        set_digits = np.bincount(decided, longer >> (rest - 1) & 1, context.size).astype(np.int64)
        zeros.append(np.bincount(decided, minlength=context.size) - set_digits)
        ones.append(set_digits)
    counts = np.stack([np.concatenate(zeros), np.concatenate(ones)])
    return count_adaptive_bits(counts.ravel(), counts.sum(axis=0), 2)
