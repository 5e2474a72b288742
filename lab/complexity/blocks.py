"""Block entropies of a sequence: H(L), the entropy rate h = H(L) − H(L−1) and the excess entropy E = Σ_L (h_L − h).

Crutchfield and Feldman (2003), Chaos 13:25, equations 5, 12 and 22. Overlapping blocks are counted, so the corrections
for few samples (Miller 1955; Grassberger 2003), derived for independent draws, hold to leading order only.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import digamma

from lab.core.errors import InputError

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]
Correction = Literal["plug_in", "miller_madow", "grassberger"]

MARGIN = 20  # how often a block that occurs is seen on average, at the least, for its length to count as sampled


@dataclass(frozen=True)
class Blocks:
    """All blocks of one length: `ranks` (n − length + 1,) names the block at each start, 0 … `distinct` − 1;
    `suffixes` (distinct,) is the rank of each without its oldest symbol, among the blocks one shorter.
    """

    length: int
    ranks: Integers
    suffixes: Integers

    @property
    def distinct(self) -> int:
        """How many different blocks occur."""
        return len(self.suffixes)

    @property
    def counts(self) -> Integers:
        """How often each occurs, shape (distinct,)."""
        return np.bincount(self.ranks, minlength=self.distinct)


def grow_blocks(symbols: NDArray[np.integer]) -> Iterator[Blocks]:
    """Blocks of length 0, 1, 2 … n of a sequence of small non-negative integers, each level from the one before it."""
    if symbols.ndim != 1:
        raise InputError("sequence", symbols.shape, "has one dimension", "ravel it in the order it should be read")
    values, _ = rank_codes(symbols.astype(np.int64), int(symbols.max(initial=0)) + 1)
    level = Blocks(0, np.zeros(len(symbols) + 1, dtype=np.int64), np.zeros(1, dtype=np.int64))
    yield level
    for length in range(1, len(symbols) + 1):
        codes = values[: len(values) - length + 1] * level.distinct + level.ranks[1:]
        ranks, kept = rank_codes(codes, (int(values.max()) + 1) * level.distinct)
        level = Blocks(length, ranks, kept % level.distinct)
        yield level


def rank_codes(codes: Integers, span: int) -> tuple[Integers, Integers]:
    """Each code's place among the codes that occur, and those codes in order."""
    if span > 8 * len(codes) + 1024:
        kept, ranks = np.unique(codes, return_inverse=True)
        return ranks, kept
    seen = np.bincount(codes, minlength=span) > 0
    return (np.cumsum(seen) - 1)[codes], np.flatnonzero(seen)


def estimate_plug_in(counts: NDArray[np.integer]) -> float:
    """Entropy of the observed shares, bits: −Σ p log2 p. Biased down by (K − 1)/(2n ln 2) to leading order."""
    counts = counts[counts > 0]
    total = counts.sum()
    return float(math.log2(total) - (counts * np.log2(counts)).sum() / total) if total else 0.0


def estimate_miller_madow(counts: NDArray[np.integer]) -> float:
    """Plug-in plus (K − 1)/(2n) nats, K the symbols seen (Miller 1955, Note on the bias of information estimates)."""
    total = int(counts.sum())
    seen = int(np.count_nonzero(counts))
    return estimate_plug_in(counts) + (seen - 1) / (2 * total * math.log(2)) if total else 0.0


def estimate_grassberger(counts: NDArray[np.integer]) -> float:
    """ln n − Σ c G(c)/n, G(c) = ψ(c) + ½(−1)^c (ψ((c+1)/2) − ψ(c/2)), in bits (Grassberger 2003, physics/0307138).

    0 where one symbol alone is seen: G(n) differs from ln n by an alternating 1/2n there.
    """
    counts = counts[counts > 0]
    if len(counts) < 2:
        return 0.0
    total = counts.sum()
    sign = 1.0 - 2.0 * (counts % 2)
    g = digamma(counts) + sign * (digamma((counts + 1) / 2) - digamma(counts / 2)) / 2
    return float((math.log(total) - (counts * g).sum() / total) / math.log(2))


CORRECTIONS: dict[Correction, Callable[[NDArray[np.integer]], float]] = {
    "plug_in": estimate_plug_in,
    "miller_madow": estimate_miller_madow,
    "grassberger": estimate_grassberger,
}


@dataclass(frozen=True)
class BlockEntropies:
    """`entropies_bits` is H(0) … H(L) up to the longest sampled length L; `symbols` the length of the sequence."""

    entropies_bits: Floats
    symbols: int
    correction: Correction

    @property
    def length(self) -> int:
        """The longest block length that is sampled; 0 where not even single symbols are."""
        return len(self.entropies_bits) - 1

    @property
    def rates_bits(self) -> Floats:
        """h_L = H(L) − H(L−1) for L = 1 … length, bits per symbol."""
        return np.diff(self.entropies_bits)

    @property
    def rate_bits(self) -> float:
        """h_L at the longest length; NaN below two symbols: one-symbol blocks say nothing of the order of symbols."""
        return float(self.rates_bits[-1]) if self.length >= 2 else math.nan

    @property
    def excess_bits(self) -> float:
        """E = Σ_l (h_l − h) = H(L) − L h_L, bits; NaN below two symbols. Grows with L where it diverges."""
        return float(self.entropies_bits[-1] - self.length * self.rate_bits) if self.length >= 2 else math.nan

    @property
    def reason(self) -> str:
        """Why there is no rate; '' where there is one."""
        if self.length >= 2:
            return ""
        return f"{self.symbols} symbols are too few: the blocks of two that occur are not each seen {MARGIN} times"


def measure_blocks(
    symbols: NDArray[np.integer], correction: Correction = "grassberger", longest: int | None = None
) -> BlockEntropies:
    """H(L) in bits for every sampled length, at most `longest`.

    A length is sampled while the different blocks seen, times MARGIN, do not exceed the blocks there are (the seen
    ones, not |A|^L: a source of low entropy has few, and bears longer ones; Marton and Shields 1994 have L up to
    log n / h). A source of no entropy bears any length; 4 log2 n is the end then.
    """
    entropies = [0.0]
    for blocks in list_sampled(symbols, longest):
        entropies.append(CORRECTIONS[correction](blocks.counts))
    return BlockEntropies(np.array(entropies), len(symbols), correction)


def list_sampled(symbols: NDArray[np.integer], longest: int | None = None) -> Iterator[Blocks]:
    """The levels from length 1 on that are sampled, as `measure_blocks` has it."""
    end = round(4 * math.log2(max(len(symbols), 2)))
    for blocks in grow_blocks(symbols):
        if blocks.distinct * MARGIN > len(blocks.ranks) or blocks.length > min(end, longest or end):
            return
        if blocks.length:
            yield blocks
