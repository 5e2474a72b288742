"""Is the scatter of residuals normal, and the same along the curve? Tests on plain arrays, with SciPy's special
functions alone: its statistics take a second to import, and every command fits.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, stdtr

Array = NDArray[Any]


class Evidence(NamedTuple):
    """A statistic, about standard normal where there is nothing, and its two-sided p-value."""

    statistic: float
    p: float


def measure_kurtosis(r: Array) -> float:
    """Excess kurtosis m₄/m₂² − 3."""
    away = r - r.mean()
    return float((away**4).mean() / (away**2).mean() ** 2 - 3)


def ask_tails(r: Array) -> Evidence:
    """Are the tails those of a normal? Positive: heavier (Anscombe & Glynn 1983, Biometrika 70, 227); from 5 values."""
    n = len(r)
    expected = 3 * (n - 1) / (n + 1)
    variance = 24 * n * (n - 2) * (n - 3) / ((n + 1) ** 2 * (n + 3) * (n + 5))
    x = (measure_kurtosis(r) + 3 - expected) / math.sqrt(variance)
    skew = 6 * (n * n - 5 * n + 2) / ((n + 7) * (n + 9)) * math.sqrt(6 * (n + 3) * (n + 5) / (n * (n - 2) * (n - 3)))
    a = 6 + 8 / skew * (2 / skew + math.sqrt(1 + 4 / skew**2))
    below = 1 + x * math.sqrt(2 / (a - 4))
    root = math.copysign((abs((1 - 2 / a) / below)) ** (1 / 3), below) if below else math.inf
    z = (1 - 2 / (9 * a) - root) / math.sqrt(2 / (9 * a))
    return Evidence(z, 2 * float(ndtr(-abs(z))))


def ask_trend(x: Array, y: Array) -> Evidence:
    """Does y rise with x? Spearman's rank correlation (1904) with Student's t, n − 2 degrees of freedom."""
    rank_x, rank_y = (_rank(values) for values in (x, y))
    correlation = float(np.corrcoef(rank_x, rank_y)[0, 1])
    freedom = len(x) - 2
    t = correlation * math.sqrt(freedom / max((1 - correlation) * (1 + correlation), 1e-300))
    return Evidence(t, 2 * float(stdtr(freedom, -abs(t))))


def _rank(values: Array) -> Array:
    """Ranks from 1, equal values sharing the mean of theirs."""
    _, place, count = np.unique(values, return_inverse=True, return_counts=True)
    return np.asarray((np.cumsum(count) - (count - 1) / 2)[place.reshape(-1)])
