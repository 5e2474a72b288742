"""Prequential codes: each example by the parameters that the examples before it suggest (Dawid 1984, Rissanen 1984).

All run over `contexts` and `symbols`, two integer arrays of length n: symbol t is predicted from what followed the same
context before t. They are sequential, so the lengths of all sequences of a length satisfy Kraft's inequality with
equality.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import numpy as np
from numba import njit
from numpy.typing import NDArray

Indices = NDArray[np.int64]
Lengths = NDArray[np.float64]
FIRST_BLOCK = 8


def trace_mixture_bits(contexts: Indices, symbols: Indices, alphabet: int, weight: float) -> Lengths:
    """Bits of each symbol by (n_j + w) / (n + K w): the Bayes mixture under a Dirichlet prior, taken step by step."""
    seen = _count_before(contexts * alphabet + symbols)
    totals = _count_before(contexts)
    return np.asarray(np.log2(totals + alphabet * weight) - np.log2(seen + weight), dtype=np.float64)


def count_last_step_bits(contexts: Indices, symbols: Indices, alphabet: int) -> float:
    """Bits of all symbols by the last-step minimax rule, p(j) ∝ (n_j + 1)^(n_j + 1) / n_j^(n_j).

    Each step is the normalised maximum likelihood of the next symbol alone (Takimoto and Warmuth 2000; Roos and
    Rissanen 2008, who call it sequentially normalised maximum likelihood). `contexts` are below their number.
    """
    return float(_sum_last_step(contexts, symbols, alphabet, int(contexts.max(initial=-1)) + 1)) / math.log(2.0)


def count_block_bits(
    contexts: Indices, symbols: Indices, alphabet: int, weight: float, boundaries: Sequence[int]
) -> float:
    """Bits of all symbols where the parameters are anew at the `boundaries` only: (n_j + w) / (n + K w), n before them.

    Boundaries rise, the first is above 0; before it every symbol costs log2 K.
    """
    table = np.zeros((int(contexts.max(initial=-1)) + 1, alphabet))
    bits, edges = 0.0, [0, *boundaries, len(symbols)]
    for begin, end in itertools.pairwise(edges):
        own = slice(begin, end)
        given = table.sum(axis=1)[contexts[own]] + alphabet * weight
        bits += float((np.log2(given) - np.log2(table[contexts[own], symbols[own]] + weight)).sum())
        np.add.at(table, (contexts[own], symbols[own]), 1)
    return bits


def list_boundaries(n: int, first: int = FIRST_BLOCK) -> list[int]:
    """`first`, 2·`first`, 4·`first` … below n: doubling blocks, after Blier and Ollivier 2018."""
    return [first << k for k in range(max(0, n).bit_length()) if first << k < n]


def _count_before(keys: Indices) -> Indices:
    """How often each element occurred before its place."""
    order = np.argsort(keys, kind="stable")
    ordered = keys[order]
    begins = np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]])) if len(keys) else np.empty(0, int)
    runs = np.diff(np.append(begins, len(keys)))
    before = np.empty(len(keys), dtype=np.int64)
    before[order] = np.arange(len(keys)) - np.repeat(begins, runs)
    return before


@njit(cache=True)
def _sum_last_step(contexts: Indices, symbols: Indices, alphabet: int, number: int) -> float:
    counts = np.zeros((number, alphabet), dtype=np.int64)
    totals = np.full(number, float(alphabet))  # Σ_j of the weights, 1 each where nothing was seen
    nats = 0.0
    for t in range(len(symbols)):
        c, j = contexts[t], symbols[t]
        own = _weigh(counts[c, j])
        nats += math.log(totals[c]) - math.log(own)
        counts[c, j] += 1
        totals[c] += _weigh(counts[c, j]) - own
    return nats


@njit(cache=True)
def _weigh(count: int) -> float:
    """(n + 1)^(n + 1) / n^n."""
    return (count + 1) * math.exp(count * math.log1p(1.0 / count)) if count else 1.0
