"""Markov chains of order k over K symbols: K^k multinomials, one for each context.

The first `largest order` symbols are told at log2 K bits each whatever the order, so that all orders describe the same
symbols and their lengths compare.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln, xlogy

from lab.complexity.mdl.multinomial import (
    Counts,
    count_complexity_bits,
    count_given_bits,
    count_hindsight_bits,
    count_mixture_bits,
    count_parameter_bits,
    estimate_multinomial_complexity_bits,
)
from lab.complexity.mdl.panel import ALL_ORDERS, Panel
from lab.complexity.mdl.prequential import (
    Indices,
    count_block_bits,
    count_last_step_bits,
    list_boundaries,
    trace_mixture_bits,
)
from lab.complexity.mdl.switching import count_switch_bits
from lab.core.errors import InputError
from lab.core.seeds import open_stream
from lab.core.units import bits_from_nats

JEFFREYS, LAPLACE = 0.5, 1.0
LARGEST_TABLE = 2**22  # cells of the table of counts: contexts that occurred × symbols
MOST_CONTEXTS = 64  # for the Fisher integral
EXAMPLES_PER_CELL = 10  # fewer examples per context and symbol, and the asymptotic is no use
DRAWS = 2000
MOST_COUNTED = 2**12  # transitions of which the complexity at order 1 is counted; the time grows with the square


def describe_chain(sequence: Indices, alphabet: int, orders: Sequence[int]) -> Panel:
    """Every code's length of `sequence` (symbols below `alphabet`, shape (n,)) as a chain of each of the `orders`.

    Raises `InputError` for symbols out of range, negative orders, a sequence no longer than the largest order, or
    orders whose counts would not fit.
    """
    _check(sequence, alphabet, orders)
    skipped = max(orders)
    start = skipped * math.log2(alphabet)
    symbols = sequence[skipped:]
    n = len(symbols)
    lengths: dict[str, dict[int, float]] = {}
    hindsight, traces = {}, []
    for order in orders:
        contexts = index_contexts(sequence, alphabet, order, skipped)
        counts = _tabulate(contexts, symbols, alphabet)
        hindsight[order] = start + count_hindsight_bits(counts)
        traces.append(trace_mixture_bits(contexts, symbols, alphabet, JEFFREYS))
        block = count_block_bits(contexts, symbols, alphabet, JEFFREYS, list_boundaries(n))
        found = {
            "two_part": alphabet**order * count_parameter_bits(alphabet, n) + count_given_bits(counts, n),
            "nml": _count_nml_bits(counts, order),
            "nml_asymptotic": count_hindsight_bits(counts) + estimate_chain_complexity_bits(alphabet, order, n),
            "bayes_jeffreys": float(traces[-1].sum()),
            "bayes_laplace": count_mixture_bits(counts, LAPLACE),
            "prequential": count_last_step_bits(contexts, symbols, alphabet),
            "prequential_block": block,
        }
        for code, bits in found.items():
            lengths.setdefault(code, {})[order] = start + bits
    lengths["switch"] = {ALL_ORDERS: start + count_switch_bits(np.stack(traces, axis=1))}
    parameters = {order: alphabet**order * (alphabet - 1) for order in orders}
    return Panel(lengths, hindsight, parameters, len(sequence), len(sequence) * math.log2(alphabet))


def index_contexts(sequence: Indices, alphabet: int, order: int, skipped: int) -> Indices:
    """The number of each symbol's context among those that occur, for the symbols from place `skipped` on."""
    contexts = np.zeros(len(sequence) - skipped, dtype=np.int64)
    for back in range(order, 0, -1):
        # Numbered anew at every step, so that no context of a large alphabet overflows.
        contexts = contexts * alphabet + sequence[skipped - back : len(sequence) - back]
        contexts = np.unique(contexts, return_inverse=True)[1].astype(np.int64)
    return contexts


def estimate_chain_complexity_bits(alphabet: int, order: int, n: int) -> float:
    """log2 of the parametric complexity of chains, Fisher asymptotic: (d/2) log2(n/2π) + log2 ∫√|I(θ)|dθ.

    d = K^k (K − 1); |I(θ)| = Π_c π_c(θ)^(K−1) Π_j 1/θ_cj with π the stationary law of the contexts (Rissanen 1996,
    for a chain that starts in a known context). Order 0 is in closed form; above, the integral is a mean of
    Π_c π_c^((K−1)/2) over fixed draws of the rows from Dirichlet(½); for K = 2, k = 1 it is 4 G, G Catalan's constant.
    NaN where there are more than 64 contexts or fewer than 10 examples per context and symbol.
    """
    if order == 0:
        return estimate_multinomial_complexity_bits(alphabet, n)
    contexts = alphabet**order
    if contexts > MOST_CONTEXTS or n < EXAMPLES_PER_CELL * contexts * alphabet:
        return math.nan
    rows = alphabet / 2 * math.log(math.pi) - math.lgamma(alphabet / 2)
    integral = contexts * rows + _average_stationary(alphabet, order)
    return bits_from_nats(contexts * (alphabet - 1) / 2 * math.log(n / (2 * math.pi)) + integral)


@lru_cache(maxsize=32)
def _average_stationary(alphabet: int, order: int) -> float:
    """Log of the mean of Π_c π_c^((K−1)/2) over chains whose rows are drawn from Jeffreys' prior."""
    contexts = alphabet**order
    rng = open_stream(0, "mdl", "fisher", alphabet, order)
    rows = rng.dirichlet(np.full(alphabet, JEFFREYS), size=(DRAWS, contexts))
    matrix = np.zeros((DRAWS, contexts, contexts))
    for context in range(contexts):
        following = context * alphabet % contexts + np.arange(alphabet)
        matrix[:, context, following] = rows[:, context]
    stationary = _find_stationary(matrix)
    logarithms = (alphabet - 1) / 2 * np.log(np.maximum(stationary, 1e-300)).sum(axis=1)
    return float(np.logaddexp.reduce(logarithms)) - math.log(DRAWS)


def _find_stationary(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """The stationary law of each chain, shape (draws, states): π (I − P + 1) = 1, solved."""
    states = matrix.shape[-1]
    transposed = np.swapaxes(np.eye(states) - matrix + 1.0, 1, 2)
    found = np.linalg.solve(transposed, np.ones((len(matrix), states, 1)))[..., 0]
    return np.asarray(np.clip(found, 0.0, None), dtype=np.float64)


def _count_nml_bits(counts: Counts, order: int) -> float:
    """Exact at order 0, and of short sequences of bits at order 1; elsewhere there is the asymptotic alone."""
    alphabet, n = counts.shape[-1], int(counts.sum())
    if order == 0:
        return count_hindsight_bits(counts) + count_complexity_bits(alphabet, n)
    if order == 1 and alphabet == 2 and n <= MOST_COUNTED:
        return count_hindsight_bits(counts) + count_first_order_bits(n)
    return math.nan


@lru_cache(maxsize=256)
def count_first_order_bits(n: int) -> float:
    """log2 of the parametric complexity of chains of order 1 over two symbols: the sum, over all sequences of n symbols
    behind a known one, of the likelihood in hindsight.

    By transition counts F: a sequence from 0 has as many transitions 0→1 as 1→0, or one more. Whittle 1955 (J. R.
    Stat. Soc. B 17, 235) counts the sequences of one F; of two symbols they are the ways to share the stays in 0 among
    the visits to 0, and those in 1 among the visits to 1. The sum has n²/4 terms.
    """
    factorials = gammaln(np.arange(n + 2) + 1.0)
    powers = xlogy(np.arange(n + 1), np.arange(n + 1))
    logarithm = 0.0  # of 1: never to leave 0
    for leaving in range(1, (n + 1) // 2 + 1):
        for returning in (leaving, leaving - 1):
            staying = n - leaving - returning
            if staying < 0:
                continue
            zeros = np.arange(staying + 1)
            ones = staying - zeros
            ways = factorials[zeros + returning] - factorials[zeros] - factorials[returning]
            ways += factorials[ones + leaving - 1] - factorials[ones] - factorials[leaving - 1]
            ways += powers[zeros] + powers[leaving] - powers[zeros + leaving]
            ways += powers[ones] + powers[returning] - powers[ones + returning]
            logarithm = float(np.logaddexp(logarithm, np.logaddexp.reduce(ways)))
    return bits_from_nats(logarithm)


def _tabulate(contexts: Indices, symbols: Indices, alphabet: int) -> Counts:
    number = int(contexts.max(initial=0)) + 1
    if number * alphabet > LARGEST_TABLE:
        raise InputError(
            "order", f"{number} contexts of {alphabet} symbols", f"at most {LARGEST_TABLE} counts", "ask for less order"
        )
    return np.bincount(contexts * alphabet + symbols, minlength=number * alphabet).reshape(number, alphabet)


def _check(sequence: Indices, alphabet: int, orders: Sequence[int]) -> None:
    if not orders or min(orders) < 0 or len(set(orders)) < len(orders):
        raise InputError(
            "orders", list(orders), "orders must be different whole numbers from 0 up", "for example 0 to 4"
        )
    if alphabet < 2:
        raise InputError("alphabet", alphabet, "must have two symbols at least")
    if len(sequence) <= max(orders):
        rule = f"a sequence must be longer than the largest order, {max(orders)}"
        raise InputError("sequence", f"{len(sequence)} symbols", rule, "give more symbols or ask for lower orders")
    if sequence.min() < 0 or sequence.max() >= alphabet:
        raise InputError(
            "sequence", [int(sequence.min()), int(sequence.max())], f"symbols must lie in 0 … {alphabet - 1}"
        )
