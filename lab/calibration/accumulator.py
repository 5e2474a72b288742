"""A mergeable accumulator of confidences: fixed cells, per document, O(cells) memory however many tokens pass.

Each prediction falls into one cell of two fixed grids, uniform in the confidence and uniform in its logit (confident
nets crowd the last uniform cells, and the logit grid resolves them). A cell keeps the count, the sum of confidences and
the number that were right, so accumulators of shards add up exactly to the accumulator of the whole.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from lab.calibration.predictions import Predictions
from lab.core.errors import InputError

UNIFORM_CELLS = 50
LOGIT_CELLS = 50
LOGIT_LIMIT = 12.0  # |logit| beyond this falls into the outermost cell: 1 − 6e-6


@dataclass
class ConfidenceAccumulator:
    """Counts by grid, document and cell; `documents` is how many there are."""

    documents: int
    counts: np.ndarray = field(init=False)  # (2 grids, documents, cells), int64
    confidence_sums: np.ndarray = field(init=False)  # the same, float64
    correct_counts: np.ndarray = field(init=False)  # the same, int64

    def __post_init__(self) -> None:
        shape = (2, self.documents, UNIFORM_CELLS)
        self.counts = np.zeros(shape, dtype=np.int64)
        self.confidence_sums = np.zeros(shape)
        self.correct_counts = np.zeros(shape, dtype=np.int64)

    def update(self, confidence: np.ndarray, correct: np.ndarray, document: np.ndarray) -> None:
        """Adds predictions: `confidence` in [0, 1], `correct` 0/1, `document` index, all of one shape."""
        confidence, correct, document = (np.asarray(a).ravel() for a in (confidence, correct, document))
        for grid, cell in enumerate((find_uniform_cells(confidence), find_logit_cells(confidence))):
            flat = document * UNIFORM_CELLS + cell
            size = self.documents * UNIFORM_CELLS
            self.counts[grid] += np.bincount(flat, minlength=size).reshape(self.documents, -1)
            self.confidence_sums[grid] += np.bincount(flat, confidence, size).reshape(self.documents, -1)
            self.correct_counts[grid] += np.bincount(flat[correct.astype(bool)], minlength=size).reshape(
                self.documents, -1
            )

    def merge(self, other: ConfidenceAccumulator) -> None:
        """Adds the content of another accumulator over the same documents."""
        self.counts += other.counts
        self.confidence_sums += other.confidence_sums
        self.correct_counts += other.correct_counts

    def predictions(self, grid: Literal["uniform", "logit"] = "logit") -> Predictions:
        """What the cells of one grid still know: a row per document, cell and outcome, its weight the count.

        Every measure, null and interval over documents is then that of any predictions. Confidences are means of cells:
        an error of calibration loses what goes on within a cell, and the order there. Raises `InputError` where nothing
        was accumulated.
        """
        k = ("uniform", "logit").index(grid)
        count_DC, right_DC = self.counts[k], self.correct_counts[k]
        if not count_DC.any():
            raise InputError("accumulator", "no prediction", "at least one was seen", "evaluate the run first")
        mean_DC = np.clip(
            np.divide(self.confidence_sums[k], count_DC, where=count_DC > 0, out=np.zeros(count_DC.shape)), 0, 1
        )
        document_DC = np.broadcast_to(np.arange(self.documents)[:, None], count_DC.shape)
        weight = np.stack([count_DC - right_DC, right_DC])
        held = weight > 0
        rows = (
            np.broadcast_to(part, held.shape)[held]
            for part in (mean_DC, np.arange(2)[:, None, None], weight, document_DC)
        )
        return Predictions.of_confidences(*rows)

    def summarize(self) -> dict[str, float]:
        """`ece_top1` = Σ_cells |Σ confidence − Σ correct| / n on the uniform grid (Naeini et al. 2015), and two means.

        ECE of cells is biased upward by about √(cells / n); it is not debiased here.
        """
        counts, sums, right = (a[0].sum(axis=0) for a in (self.counts, self.confidence_sums, self.correct_counts))
        n = counts.sum()
        if n == 0:
            return {"ece_top1": float("nan"), "accuracy_top1": float("nan"), "confidence_top1": float("nan")}
        return {
            "ece_top1": float(np.abs(sums - right).sum() / n),
            "accuracy_top1": float(right.sum() / n),
            "confidence_top1": float(sums.sum() / n),
        }


def find_uniform_cells(confidence: np.ndarray) -> np.ndarray:
    """Cell of each confidence, [0, 1] cut into equal widths; exactly 1 belongs to the last cell."""
    cells: np.ndarray = np.minimum((confidence * UNIFORM_CELLS).astype(np.int64), UNIFORM_CELLS - 1)
    return cells


def find_logit_cells(confidence: np.ndarray) -> np.ndarray:
    """Cell of each confidence, ln(p / (1 − p)) in [−limit, limit] cut into equal widths; 0 and 1 in the outermost."""
    with np.errstate(divide="ignore"):
        logit = np.log(confidence) - np.log1p(-confidence)
    scaled = (np.clip(logit, -LOGIT_LIMIT, LOGIT_LIMIT) / LOGIT_LIMIT + 1) / 2 * LOGIT_CELLS
    cells: np.ndarray = np.minimum(scaled.astype(np.int64), LOGIT_CELLS - 1)
    return cells
