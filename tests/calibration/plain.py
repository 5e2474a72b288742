"""Measures written down as their papers define them, in plain loops over every prediction: slow, and owing nothing."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

Numbers = Sequence[float]


def measure_binned_error(f: Numbers, y: Numbers, bins: int) -> float:
    """Equal width: the gap of each bin, weighed by its share."""
    error = 0.0
    for b in range(bins):
        held = [i for i in range(len(f)) if min(int(f[i] * bins), bins - 1) == b]
        error += abs(sum(f[i] - y[i] for i in held)) / len(f)
    return error


def measure_sorted_error(f: Numbers, y: Numbers, bins: int) -> float:
    """Equal mass of distinct confidences, as `numpy.array_split` cuts."""
    parts = np.array_split(np.argsort(f), bins)
    return sum(abs(sum(f[i] - y[i] for i in part)) for part in parts) / len(f)


def measure_smooth_error(f: Numbers, y: Numbers, bandwidth: float, steps: int = 4000) -> float:
    """smECE at a bandwidth: images of every prediction at 2k ± f, added up on the midpoints of a fine grid."""
    points = (np.arange(steps) + 0.5) / steps
    height = np.zeros(steps)
    for confidence, outcome in zip(f, y, strict=True):
        for k in range(-3, 4):
            for image in (2 * k + confidence, 2 * k - confidence):
                height += (confidence - outcome) * np.exp(-(((points - image) / bandwidth) ** 2) / 2)
    return float(np.abs(height).mean()) / (len(f) * bandwidth * math.sqrt(2 * math.pi))


def fit_rising(f: Numbers, y: Numbers) -> list[float]:
    """Isotonic regression by its formula: the largest over starts of the smallest over ends of means between."""
    fitted = []
    for here in f:
        best = -math.inf
        for start in (a for a in f if a <= here):
            means = []
            for end in (b for b in f if b >= here):
                between = [y[i] for i in range(len(f)) if start <= f[i] <= end]
                means.append(sum(between) / len(between))
            best = max(best, min(means))
        fitted.append(best)
    return fitted
