"""Predictions as weights of categories, exact or gridded, one row of weights per replicate.

A category is a confidence (or a cell of near ones) with one outcome. Rows as they stand are categories of one each,
so that a measure written once is exact on them, and on a grid runs over a thousand bootstrap replicates whose cost does
not depend on n: a multinomial draw of the categories' weights is the bootstrap of the gridded predictions, exactly.

Shape suffixes: N predictions, C categories, G cells, R replicates.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from lab.calibration.predictions import Predictions

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]

UNIFORM_CELLS = 1920  # a multiple of the usual numbers of bins, so that a cell lies in one bin
EQUAL_MASS_CELLS = 1024  # isotonic regression needs the resolution where the predictions are


@dataclass(frozen=True, eq=False)
class GridFacts:
    """`cell_C`: the cell of each category, by rising confidence; `brier_C`, `log_score_C`: mean scores of categories,
    so that additive scores lose nothing to the grid.
    """

    cell_C: Indices
    brier_C: Floats
    log_score_C: Floats


@dataclass(frozen=True, eq=False)
class Cells:
    """Categories with their weights in R replicates.

    `confidence_C`: mean confidence; `outcome_C`: 0 or 1; `weight_RC`; `grid`: what a grid knows of its categories;
    without one, every distinct confidence is a cell.
    """

    confidence_C: Floats
    outcome_C: Floats
    weight_RC: Floats
    grid: GridFacts | None = None

    @cached_property
    def cell_C(self) -> Indices:
        """The cell of each category, 0 … G − 1 by rising confidence; ties share one."""
        if self.grid is not None:
            return self.grid.cell_C
        return np.unique(self.confidence_C, return_inverse=True)[1].astype(np.int64)

    @cached_property
    def brier_C(self) -> Floats:
        """Mean of (f − y)²."""
        return self.residual_C**2 if self.grid is None else self.grid.brier_C

    @cached_property
    def log_score_C(self) -> Floats:
        """Mean of −ln of the probability said of what happened, nats; infinite where certainty was wrong."""
        return score_log(self.confidence_C, self.outcome_C) if self.grid is None else self.grid.log_score_C

    @cached_property
    def cells(self) -> int:
        """G."""
        return int(self.cell_C.max()) + 1

    @cached_property
    def total_R(self) -> Floats:
        """Weight of each replicate."""
        totals: Floats = self.weight_RC.sum(axis=1)
        return totals

    @cached_property
    def residual_C(self) -> Floats:
        """f − y."""
        return self.confidence_C - self.outcome_C

    def sum_over(self, index_C: Indices, size: int, value_C: Floats | None = None) -> Floats:
        """Σ weight · value of the categories of each index, shape (R, size); weights alone without `value_C`."""
        if len(self.weight_RC) == 1:
            weight_C = self.weight_RC[0] if value_C is None else self.weight_RC[0] * value_C
            return np.bincount(index_C, weight_C, size)[None, :].astype(np.float64)
        factor_C = np.ones(len(index_C)) if value_C is None else value_C
        places = sparse.csr_array((factor_C, (index_C, np.arange(len(index_C)))), shape=(size, len(index_C)))
        summed: Floats = np.ascontiguousarray((places @ self.weight_RC.T).T)
        return summed

    def average(self, value_C: Floats) -> Floats:
        """The weighted mean of a value of categories, shape (R,); infinite where a category that weighs is."""
        finite_C = np.isfinite(value_C)
        means: Floats = self.weight_RC @ np.where(finite_C, value_C, 0.0) / self.total_R
        if not finite_C.all():
            means[(self.weight_RC[:, ~finite_C] > 0).any(axis=1)] = np.inf
        return means

    @cached_property
    def cell_weight_RG(self) -> Floats:
        """Weight of each cell."""
        return self.sum_over(self.cell_C, self.cells)

    @cached_property
    def cell_right_RG(self) -> Floats:
        """Weight of the outcomes 1 of each cell."""
        return self.sum_over(self.cell_C, self.cells, self.outcome_C)

    @cached_property
    def cell_residual_RG(self) -> Floats:
        """Σ weight (f − y) of each cell."""
        return self.sum_over(self.cell_C, self.cells, self.residual_C)

    @cached_property
    def passed_weight_RG(self) -> Floats:
        """Weight of all cells below each edge between cells, from 0 to the whole; shape (R, G + 1), as the next two."""
        return _accumulate(self.cell_weight_RG)

    @cached_property
    def passed_right_RG(self) -> Floats:
        """Weight of the outcomes 1 below each edge."""
        return _accumulate(self.cell_right_RG)

    @cached_property
    def passed_residual_RG(self) -> Floats:
        """Σ weight (f − y) below each edge: the cumulative difference."""
        return _accumulate(self.cell_residual_RG)

    def reweigh(self, weight_RC: Floats) -> Cells:
        """The same categories in other replicates."""
        return replace(self, weight_RC=weight_RC)

    @classmethod
    def of_rows(cls, predictions: Predictions) -> Cells:
        """One category per prediction, one replicate: a measure of these is exact."""
        return cls(predictions.confidence_N, predictions.outcome_N, predictions.weight_N[None, :])


@dataclass(frozen=True, eq=False)
class Grid:
    """Where each prediction went: `category_N`, and the `cells` (one replicate: the predictions themselves)."""

    category_N: Indices
    cells: Cells


def lay_grid(predictions: Predictions, uniform: int = UNIFORM_CELLS, equal_mass: int = EQUAL_MASS_CELLS) -> Grid:
    """Cells that are the common refinement of `uniform` cells and `equal_mass` cells of the predictions.

    Smoothing and bins of equal width need the first, isotonic regression the second: with uniform cells alone the
    miscalibration of a model whose confidences pile up at 1 is up to 9 % too small. Distinct confidences that are no
    more than the cells each get their own, and nothing is lost.
    """
    f_N, y_N, w_N = predictions.confidence_N, predictions.outcome_N, predictions.weight_N
    edges = np.arange(1, uniform) / uniform
    masses = np.quantile(f_N, np.arange(1, equal_mass) / equal_mass, method="inverted_cdf")
    edges = np.unique(np.concatenate([edges, masses]))
    raw_N = 2 * np.searchsorted(edges, f_N, side="right") + y_N.astype(np.int64)
    if len(f_N) <= uniform + equal_mass:
        raw_N = 2 * np.unique(f_N, return_inverse=True)[1] + y_N.astype(np.int64)
    used = np.flatnonzero(np.bincount(raw_N))
    number = np.zeros(used[-1] + 1, dtype=np.int64)
    number[used] = np.arange(len(used))
    category_N, size = number[raw_N], len(used)
    weight_C = np.bincount(category_N, w_N, size).astype(np.float64)

    def average(value_N: Floats) -> Floats:
        means: Floats = np.bincount(category_N, w_N * value_N, size) / weight_C
        return means

    confidence_C = np.clip(average(f_N), 0.0, 1.0)  # a mean of ones may be rounded above one
    cell_C = np.unique(used // 2, return_inverse=True)[1].astype(np.int64)
    facts = GridFacts(cell_C, average((f_N - y_N) ** 2), average(score_log(f_N, y_N)))
    return Grid(category_N, Cells(confidence_C, (used % 2).astype(np.float64), weight_C[None, :], facts))


def score_log(confidence: Floats, outcome: Floats) -> Floats:
    """−ln of the probability said of what happened, nats; infinite where certainty was wrong."""
    with np.errstate(divide="ignore"):
        scores: Floats = -np.where(outcome == 1, np.log(confidence), np.log1p(-confidence))
    return scores


def _accumulate(value_RG: Floats) -> Floats:
    passed_RG = np.zeros((len(value_RG), value_RG.shape[1] + 1))
    np.cumsum(value_RG, axis=1, out=passed_RG[:, 1:])
    return passed_RG
