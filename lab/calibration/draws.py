"""Other predictions that could have been: bootstrap samples, and outcomes of a model of known miscalibration.

On a grid a bootstrap sample is one multinomial draw of category weights, at a cost that does not know n.

Shape suffixes: N predictions, C categories, G cells, U units drawn, R replicates.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from scipy import sparse

from lab.calibration.cells import Cells, Floats, Grid, GridFacts, Indices, score_log
from lab.calibration.predictions import Predictions

CHUNK = 4_000_000  # numbers drawn at a time


def draw_bootstrap(predictions: Predictions, grid: Grid, replicates: int, rng: np.random.Generator) -> Cells:
    """The grid's categories with the weights of `replicates` bootstrap samples.

    Predictions without groups, and rows of counts: an exact multinomial draw of categories. Groups, and rows whose
    weights are no counts, are drawn as units with all that they hold.
    """
    cells = grid.cells
    if predictions.is_plain:
        share_C = cells.weight_RC[0] / cells.weight_RC[0].sum()
        counts_RC = rng.multinomial(predictions.units, share_C, size=replicates)
        return cells.reweigh(predictions.unit * counts_RC.astype(np.float64))
    return draw_together([predictions], [grid], replicates, rng)[0]


def draw_together(
    predictions: Sequence[Predictions], grids: Sequence[Grid], replicates: int, rng: np.random.Generator
) -> list[Cells]:
    """Bootstrap samples of the same units (groups, or rows) for several predictions of them."""
    unit_N = np.unique(predictions[0].group_N, return_inverse=True)[1]
    units = int(unit_N.max()) + 1
    held = [
        sparse.csr_array((p.weight_N, (unit_N, grid.category_N)), shape=(units, len(grid.cells.confidence_C)))
        for p, grid in zip(predictions, grids, strict=True)
    ]
    weights = [np.empty((replicates, held_UC.shape[1])) for held_UC in held]
    for rows in _cut(replicates, units):
        counts_RU = draw_counts(units, len(rows), rng)
        for weight_RC, held_UC in zip(weights, held, strict=True):
            weight_RC[rows] = np.asarray(counts_RU @ held_UC)
    return [grid.cells.reweigh(weight_RC) for grid, weight_RC in zip(grids, weights, strict=True)]


def draw_counts(units: int, replicates: int, rng: np.random.Generator) -> Floats:
    """How often each of U units is drawn, U draws with replacement, shape (R, U)."""
    drawn = rng.integers(0, units, size=(replicates, units)) + units * np.arange(replicates)[:, None]
    counts = np.bincount(drawn.ravel(), minlength=replicates * units).reshape(replicates, units)
    return counts.astype(np.float64)


def pair_outcomes(cells: Cells) -> Cells:
    """Both outcomes of every cell at its mean confidence, whether they happened or not: outcome 0 of all, then 1."""
    weight_G = cells.cell_weight_RG[0]
    confidence_G = np.clip((cells.cell_residual_RG[0] + cells.cell_right_RG[0]) / weight_G, 0.0, 1.0)
    confidence_C, outcome_C = np.tile(confidence_G, 2), np.repeat([0.0, 1.0], len(weight_G))
    scores = (confidence_C - outcome_C) ** 2, score_log(confidence_C, outcome_C)
    facts = GridFacts(np.tile(np.arange(len(weight_G)), 2), *scores)
    right_G = cells.cell_right_RG[0]
    return Cells(confidence_C, outcome_C, np.concatenate([weight_G - right_G, right_G])[None, :], facts)


def expect_outcomes(pairs: Cells, chance_G: Floats) -> Cells:
    """The weights of `pairs` were each cell's event to happen with `chance_G`."""
    weight_G = pairs.cell_weight_RG[0]
    return pairs.reweigh(np.concatenate([weight_G * (1 - chance_G), weight_G * chance_G])[None, :])


def draw_calibrated(predictions: Predictions, grid: Grid, replicates: int, rng: np.random.Generator) -> Cells:
    """Outcomes of a perfectly calibrated model with the same confidences, y ~ Bernoulli(f): consistency resampling.

    Bröcker and Smith 2007, Increasing the reliability of reliability diagrams. Outcomes are independent given the
    confidences, within groups too.
    """
    pairs = pair_outcomes(grid.cells)
    confidence_G = pairs.confidence_C[: pairs.cells]
    if predictions.is_counted:
        counts_G = np.rint(pairs.cell_weight_RG[0] / predictions.unit).astype(np.int64)
        right_RG = rng.binomial(counts_G, confidence_G, size=(replicates, pairs.cells))
        return pairs.reweigh(predictions.unit * np.hstack([counts_G - right_RG, right_RG]))
    cell_N: Indices = grid.cells.cell_C[grid.category_N]
    weight_RC = np.empty((replicates, 2 * pairs.cells))
    for r in range(replicates):
        right_N = rng.random(len(cell_N)) < predictions.confidence_N
        weight_RC[r] = np.bincount(cell_N + pairs.cells * right_N, predictions.weight_N, 2 * pairs.cells)
    return pairs.reweigh(weight_RC)


def _cut(replicates: int, units: int) -> Iterator[Indices]:
    size = max(CHUNK // units, 1)
    for start in range(0, replicates, size):
        yield np.arange(start, min(start + size, replicates))
