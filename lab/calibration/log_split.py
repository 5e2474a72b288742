"""The log score of an event in two parts: what one temperature would mend, and the rest.

NLL(1) = [NLL(1) − NLL(T*)] + NLL(T*): calibration and refinement, with T* the temperature of least loss (the split of
Berta et al. 2025, arXiv:2501.19195, with temperature scaling, Guo et al. 2017, as the recalibration). One temperature
mends only part of a miscalibration, so that the first part is a lower bound.

Shape suffixes: C categories, R replicates.
"""

from __future__ import annotations

import numpy as np

from lab.calibration.cells import Cells, Floats

SMALLEST = 2.0**-126  # a probability of 0 counts as this (the least of single precision), so that the split is finite
COLDEST, HOTTEST = 1e-2, 1e2
STEPS = 60
TOLERANCE = 1e-8  # of log T; the loss is flat at its least, and off by the square of it
CHUNK = 16  # replicates at a time, which the processor's cache holds


def find_logits(cells: Cells) -> Floats:
    """The log odds that each category gave to what happened, shape (C,)."""
    said_C = np.where(cells.outcome_C == 1, cells.confidence_C, 1 - cells.confidence_C)
    logits: Floats = np.log(np.maximum(said_C, SMALLEST)) - np.log(np.maximum(1 - said_C, SMALLEST))
    return logits


def measure_log_score(cells: Cells, temperature_R: Floats) -> Floats:
    """Mean ln(1 + exp(−z / T)) of the log odds z of what happened, nats, shape (R,)."""
    logits_C = find_logits(cells)
    if np.all(temperature_R == temperature_R[0]):
        means: Floats = cells.weight_RC @ np.logaddexp(0, -logits_C / temperature_R[0]) / cells.total_R
        return means
    scores_RC = np.logaddexp(0, -logits_C / temperature_R[:, None])
    return np.asarray(np.einsum("rc,rc->r", cells.weight_RC, scores_RC) / cells.total_R)


def fit_temperatures(cells: Cells) -> Floats:
    """T* of every replicate in [0.01, 100], by Newton's steps on log T kept inside a bracket; shape (R,).

    An end of the range where the loss still falls there: 0.01 where every outcome was the likelier one.
    """
    logits_C = find_logits(cells)
    start = _search(logits_C, cells.weight_RC.sum(axis=0, keepdims=True), 0.0)[0]
    parts = [cells.weight_RC[row : row + CHUNK] for row in range(0, len(cells.weight_RC), CHUNK)]
    return np.asarray(np.exp(np.concatenate([_search(logits_C, part_RC, start) for part_RC in parts])))


def _search(logits_C: Floats, weight_RC: Floats, start: float) -> Floats:
    low_R, high_R = np.full(len(weight_RC), np.log(COLDEST)), np.full(len(weight_RC), np.log(HOTTEST))
    point_R = np.full(len(weight_RC), start)
    for _ in range(STEPS):
        first_R, second_R = _differentiate(logits_C, weight_RC, point_R)
        low_R, high_R = np.where(first_R > 0, low_R, point_R), np.where(first_R > 0, point_R, high_R)
        step_R = point_R - np.divide(first_R, second_R, out=np.full_like(first_R, np.inf), where=second_R > 0)
        inside_R = (step_R > low_R) & (step_R < high_R)
        next_R = np.where(inside_R, step_R, (low_R + high_R) / 2)
        moved, point_R = np.abs(next_R - point_R).max(), next_R
        if moved < TOLERANCE:
            break
    return point_R


def _differentiate(logits_C: Floats, weight_RC: Floats, log_temperature_R: Floats) -> tuple[Floats, Floats]:
    """With s = z / T and q = 1 / (1 + eˢ): d loss / d log T = s q, and d² loss / d log T² = s² q (1 − q) − s q."""
    scaled_RC = logits_C * np.exp(-log_temperature_R)[:, None]
    slope_RC = scaled_RC / (1 + np.exp(np.minimum(scaled_RC, 700)))
    first_R = np.einsum("rc,rc->r", weight_RC, slope_RC)
    bend_RC = slope_RC * (scaled_RC - slope_RC - 1)
    return first_R, np.einsum("rc,rc->r", weight_RC, bend_RC)
