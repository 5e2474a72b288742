"""Codes of independent symbols: the multinomial model, whose every code length is a function of the counts.

Normalised maximum likelihood (Shtarkov 1987): −log2 of p(x | θ̂(x)) / C(K, n), C(K, n) = Σ_x p(x | θ̂(x)) over all
sequences of n symbols out of K.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln, xlogy

from lab.core.errors import InputError
from lab.core.units import bits_from_nats

Counts = NDArray[np.int64]
"""How often each symbol occurred, shape (…, K): one multinomial per row."""


def count_hindsight_bits(counts: Counts) -> float:
    """−log2 p(x | θ̂(x)), summed over the rows: no code of this model class is shorter; it is no code itself."""
    totals = counts.sum(axis=-1)
    return bits_from_nats(float(xlogy(totals, totals).sum() - xlogy(counts, counts).sum()))


@lru_cache(maxsize=1024)
def count_complexity_bits(symbols: int, n: int) -> float:
    """log2 C(K, n), exact; `InputError` below one symbol or for a negative n.

    C(1, n) = 1, C(2, n) = Σ_h binom(n, h) (h/n)^h ((n−h)/n)^(n−h), and the linear recurrence of Kontkanen and Myllymäki
    2007 (Information Processing Letters 103): C(K+2, n) = C(K+1, n) + (n/K) C(K, n).
    """
    if symbols < 1 or n < 0:
        raise InputError("multinomial", f"{symbols} symbols, n = {n}", "needs at least one symbol and n ≥ 0")
    if symbols == 1 or n == 0:
        return 0.0
    h = np.arange(n + 1)
    log_terms = gammaln(n + 1) - gammaln(h + 1) - gammaln(n - h + 1) + xlogy(h, h / n) + xlogy(n - h, (n - h) / n)
    earlier, logarithm = 0.0, float(np.logaddexp.reduce(log_terms))
    for k in range(1, symbols - 1):
        earlier, logarithm = logarithm, float(np.logaddexp(logarithm, math.log(n / k) + earlier))
    return bits_from_nats(logarithm)


def estimate_multinomial_complexity_bits(symbols: int, n: int) -> float:
    """The Fisher asymptotic of log2 C(K, n): (k/2) log2(n/2π) + log2 ∫√|I(θ)|dθ with k = K − 1 (Rissanen 1996).

    The integral over the simplex is π^(K/2) / Γ(K/2). The error vanishes with n; for n below k it is no use.
    """
    integral = symbols / 2 * math.log(math.pi) - math.lgamma(symbols / 2)
    return bits_from_nats((symbols - 1) / 2 * math.log(n / (2 * math.pi)) + integral) if n else 0.0


def count_nml_bits(counts: Counts) -> float:
    """The normalised maximum likelihood code of one multinomial, counts of shape (K,)."""
    return count_hindsight_bits(counts) + count_complexity_bits(len(counts), int(counts.sum()))


def count_mixture_bits(counts: Counts, weight: float) -> float:
    """The Bayes mixture under a Dirichlet prior of `weight` per symbol, summed over the rows.

    ½: Jeffreys' prior, the code of Krichevsky and Trofimov 1981; 1: the uniform prior, Laplace's rule of succession.
    −log2 of B(counts + weight) / B(weight), B the multivariate beta function; it is sequential: the next symbol has
    probability (n_j + w) / (n + K w).
    """
    symbols = counts.shape[-1]
    totals = counts.sum(axis=-1)
    logarithm = (gammaln(counts + weight) - gammaln(weight)).sum(axis=-1)
    logarithm -= gammaln(totals + symbols * weight) - gammaln(symbols * weight)
    return bits_from_nats(-float(logarithm.sum()))


def count_parameter_bits(symbols: int, n: int) -> float:
    """One multinomial's parameters at a precision of 1/√n, to a decoder that knows n.

    They are one of the binom(M+K−1, K−1) ways to share M = ⌈√n⌉ among K symbols, all alike to the code: ½ log2 n a
    parameter to first order (Rissanen 1978, Automatica 14).
    """
    shares = _count_shares(n)
    return bits_from_nats(math.lgamma(shares + symbols) - math.lgamma(symbols) - math.lgamma(shares + 1))


def count_given_bits(counts: Counts, n: int) -> float:
    """The symbols of all rows by parameters of that precision: the second part of the two-part code.

    Probabilities are (m_j + ½) / (M + K/2), so none is 0; m is M·θ̂ of the row, rounded by largest remainder.
    """
    shares, symbols = _count_shares(n), counts.shape[-1]
    logarithms = np.log(_share(counts, shares) + 0.5) - math.log(shares + symbols / 2)
    return bits_from_nats(-float((counts * logarithms).sum()))


def _count_shares(n: int) -> int:
    return math.ceil(math.sqrt(n))


def _share(counts: Counts, shares: int) -> Counts:
    """Whole numbers that sum to `shares` in each row, nearest to proportional; a row without counts shares evenly."""
    totals = counts.sum(axis=-1, keepdims=True)
    wanted = shares * np.where(totals > 0, counts / np.maximum(totals, 1), 1 / counts.shape[-1])
    whole = np.floor(wanted).astype(np.int64)
    short = shares - whole.sum(axis=-1, keepdims=True)
    place = np.argsort(np.argsort(whole - wanted, axis=-1, kind="stable"), axis=-1, kind="stable")
    return np.asarray(whole + (place < short), dtype=np.int64)
