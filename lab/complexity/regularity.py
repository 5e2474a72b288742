"""Regularity of a sequence of numbers: orders that recur (permutation entropy), stretches that recur (sample entropy).

Neither is the length of a description; both depend on their dials and, unlike an entropy rate, on the values.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from lab.complexity.blocks import Floats, Integers, grow_blocks, rank_codes

MOST_PAIRS = 2**32  # of templates near each other in their first value: some seconds


def rank_patterns(values: NDArray[np.number], order: int, delay: int = 1) -> Integers:
    """The ordinal pattern that begins at each position: `order` values, `delay` apart, by the permutation that sorts
    them, as a number from 0 among those that occur.

    Bandt and Pompe (2002), Phys. Rev. Lett. 88:174102. Of equal values the earlier counts as the smaller.
    """
    length = len(values) - (order - 1) * delay
    if length < 1:
        return np.zeros(0, dtype=np.int64)
    windows = np.stack([values[k * delay : k * delay + length] for k in range(order)], axis=1)
    codes = np.argsort(windows, axis=1, kind="stable") @ order ** np.arange(order)
    return rank_codes(codes, order**order)[0]


def average_runs(values: NDArray[np.number], scale: int) -> Floats:
    """Means of successive runs of `scale` values, none overlapping; what is left at the end is dropped."""
    kept = len(values) // scale * scale
    means: Floats = np.asarray(values[:kept], dtype=float).reshape(-1, scale).mean(axis=1)
    return means


def measure_sample_entropy(values: NDArray[np.number], length: int, tolerance: float) -> float:
    """SampEn = −log2(A/B), bits: that stretches alike for `length` values stay so for one more.

    Richman and Moorman (2000), Am. J. Physiol. 278:H2039, who have it in nats: B pairs of different positions whose
    `length` values differ by no more than `tolerance` each, A those whose next value does not either, both over the
    same n − `length` positions. NaN where no pair is alike for `length` + 1 values, or where MOST_PAIRS would be
    compared. Equal stretches are compared once.
    """
    count = len(values) - length
    if count < 2:
        return math.nan
    templates, weights = _list_templates(np.asarray(values, dtype=float), length + 1)
    ends = np.searchsorted(templates[:, 0], templates[:, 0] + tolerance, side="right")
    if (ends - np.arange(len(templates))).sum() > MOST_PAIRS:
        return math.nan
    alike, still = _count_alike(templates, weights, ends, tolerance)
    return math.log2(alike / still) if still else math.nan


def _list_templates(values: Floats, length: int) -> tuple[Floats, Floats]:
    """The different stretches of `length` values in lexicographic order, and how often each occurs."""
    ranks = np.unique(values, return_inverse=True)[1]
    blocks = next(level for level in grow_blocks(ranks) if level.length == length)
    starts = np.empty(blocks.distinct, dtype=np.int64)
    starts[blocks.ranks] = np.arange(len(blocks.ranks))
    return values[starts[:, None] + np.arange(length)], blocks.counts.astype(np.float64)


@njit(cache=True)
def _count_alike(templates: Floats, weights: Floats, ends: Integers, tolerance: float) -> tuple[float, float]:
    last = templates.shape[1] - 1
    alike = still = 0.0
    for i in range(len(templates)):
        own = weights[i] * (weights[i] - 1) / 2
        alike += own
        still += own
        for j in range(i + 1, ends[i]):
            near = True
            for k in range(1, last):
                if abs(templates[i, k] - templates[j, k]) > tolerance:
                    near = False
                    break
            if near:
                alike += weights[i] * weights[j]
                if abs(templates[i, last] - templates[j, last]) <= tolerance:
                    still += weights[i] * weights[j]
    return alike, still
