"""The one number by which a net's logits are too large: found by a search that cannot run away.

softmax(z / T) has the least log loss where the mean of z under it equals the mean of z at what happened (Guo et al.
2017, eq. 9). In 1/T the loss is convex, so that the root is unique; Newton's step is taken only inside the bracket.
Newton alone, on 1/T, runs to NaN on separable data. Shape suffixes: N predictions, K classes.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp, ndtri, softmax

from lab.calibration.predictions import Predictions
from lab.calibration.recalibrator import compute_scores
from lab.core.estimate import Estimate

COLDEST, HOTTEST = 1e-2, 1e2
MOST_STEPS = 100


@dataclass(frozen=True)
class Slope:
    """Derivatives of a row's log loss by log T: `first_N`, and the sum of the second over weighted rows, `second`."""

    first_N: NDArray[np.float64]
    second: float


def find_temperature(predictions: Predictions) -> float:
    """T of least log loss, between 0.01 and 100; an end of that range where the loss still falls there.

    On data that the highest logit always tells right the least temperature is best, and the answer is that end.
    """
    scores_NK, happened_N = compute_scores(predictions)
    weight_N = predictions.weight_N

    def measure(log_temperature: float) -> tuple[float, float]:
        slope = _measure_slope(scores_NK, happened_N, weight_N, log_temperature)
        return float(weight_N @ slope.first_N), slope.second

    low, high = math.log(COLDEST), math.log(HOTTEST)
    if measure(low)[0] >= 0:
        return COLDEST
    if measure(high)[0] <= 0:
        return HOTTEST
    point = 0.0
    for _ in range(MOST_STEPS):
        first, second = measure(point)
        low, high = (low, point) if first > 0 else (point, high)
        step = point - first / second if second > 0 else math.inf
        following = step if low < step < high else (low + high) / 2
        if abs(following - point) < 1e-12:
            break
        point = following
    return math.exp(following)


def estimate_temperature(predictions: Predictions, level: float = 0.95) -> Estimate:
    """T with its interval on the log scale: the sandwich over groups (White 1982), which a wrong model does not fool.

    No interval at an end of the range, nor from a single group.
    """
    temperature = find_temperature(predictions)
    groups, group_N = np.unique(predictions.group_N, return_inverse=True)
    why = "a single group" if len(groups) < 2 else ""
    if temperature in (COLDEST, HOTTEST):
        why = "the loss falls to the edge of the range searched"
    if why:
        return Estimate("temperature", temperature, level=level, method=why, n=len(groups))
    scores_NK, happened_N = compute_scores(predictions)
    slope = _measure_slope(scores_NK, happened_N, predictions.weight_N, math.log(temperature))
    sums_G = np.bincount(group_N, predictions.weight_N * slope.first_N)
    error = math.sqrt(float(sums_G @ sums_G) * len(groups) / (len(groups) - 1)) / slope.second
    factor = math.exp(float(ndtri(0.5 + level / 2)) * error)
    method = f"sandwich over {len(groups):,} groups"
    return Estimate("temperature", temperature, temperature / factor, temperature * factor, level, "", method,
                    len(groups))  # fmt: skip


def measure_log_loss(predictions: Predictions, temperature: float = 1.0) -> float:
    """Mean −ln softmax(z / T) of what happened, nats; probabilities of 0 count as 2⁻¹²⁶, so that it is finite."""
    scores_NK, happened_N = compute_scores(predictions)
    scaled_NK = scores_NK / temperature
    lost_N = logsumexp(scaled_NK, axis=1) - scaled_NK[np.arange(len(scaled_NK)), happened_N]
    return float(np.average(lost_N, weights=predictions.weight_N))


def _measure_slope(
    scores_NK: NDArray[np.float64],
    happened_N: NDArray[np.int64],
    weight_N: NDArray[np.float64],
    log_temperature: float,
) -> Slope:
    """With s = z / T: d loss / d log T = s_y − E s, and d² loss / d log T² = E s − s_y + Var s."""
    scaled_NK = scores_NK * math.exp(-log_temperature)
    chance_NK = softmax(scaled_NK, axis=1)
    mean_N = np.einsum("nk,nk->n", chance_NK, scaled_NK)
    spread_N = np.einsum("nk,nk->n", chance_NK, (scaled_NK - mean_N[:, None]) ** 2)
    first_N = scaled_NK[np.arange(len(scaled_NK)), happened_N] - mean_N
    return Slope(first_N, float(weight_N @ (spread_N - first_N)))
