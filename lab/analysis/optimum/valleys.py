"""IsoFLOP valleys: the loss of every size at equal compute, and the vertex of the parabola through it.

Approach 2 of Hoffmann et al. 2022 (arXiv 2203.15556, section 3.2): a parabola in ln N at each budget, its vertex being
the best size. The true valley is skew, so the vertex is misplaced by a factor that grows with the width of the valley
and is the same at every budget: the exponent is right and the level is not (Open-Athena 2026, arXiv 2603.22339). What
the same parabola does to the losses of the fitted law, whose best size is known, is that factor: `lab.analysis.
approaches` takes it out.

Shapes: n runs, R rows of weights over them, S sizes, K budgets.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Array = NDArray[Any]

SAME_BUDGET = 0.05  # two budgets of compute within 5 % are one
FEWEST_SIZES = 3  # of a parabola
EDGE_LOW, EDGE_HIGH = "least loss at the smallest size", "least loss at the largest size"
CONVEX, OUTSIDE = "not convex", "vertex beyond the sizes run"


@dataclass(frozen=True)
class SizeGrid:
    """The losses of a study by size and compute, and how to read any size at any compute.

    Runs of the same size and compute are one cell (its seeds), averaged in the logarithm; between the cells of a size
    ln L is interpolated in ln C. `log_sizes` (S,), `cell_of` (n,) the cell of a run, `size_of` and `log_computes` of
    each cell, sorted by size and then compute.
    """

    log_sizes: Array
    cell_of: Array
    size_of: Array
    log_computes: Array

    @property
    def horizons(self) -> Array:
        """How many computes each size was trained to (S,)."""
        return np.bincount(self.size_of, minlength=len(self.log_sizes))

    def read(self, log_loss: Array, weights: Array, log_budgets: Array) -> Array:
        """ln L (R, S, K) from ln L of the runs, (n,) or (R, n); NaN beyond 5 % of the compute a size was trained with,
        and where the weights leave a cell empty.
        """
        cells = self._average(log_loss, weights)
        out = np.full((len(weights), len(self.log_sizes), len(log_budgets)), np.nan)
        for size in range(len(self.log_sizes)):
            own = np.flatnonzero(self.size_of == size)
            at = self.log_computes[own]
            reached = (log_budgets >= at[0] - SAME_BUDGET) & (log_budgets <= at[-1] + SAME_BUDGET)
            where = np.clip(log_budgets[reached], at[0], at[-1])
            right = np.clip(np.searchsorted(at, where, side="left"), 1 if len(own) > 1 else 0, len(own) - 1)
            left = np.maximum(right - 1, 0)
            width = at[right] - at[left]
            share = np.divide(where - at[left], width, out=np.zeros_like(where), where=width > 0)
            # A budget that stands on a cell reads that cell alone: an empty neighbour does not matter to it.
            low = np.where(share < 1, cells[:, own[left]], 0.0)
            high = np.where(share > 0, cells[:, own[right]], 0.0)
            out[:, size, reached] = (1 - share) * low + share * high
        return out

    def _average(self, log_loss: Array, weights: Array) -> Array:
        belongs = np.eye(len(self.log_computes))[self.cell_of]  # (n, cells)
        mass = weights @ belongs
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.asarray((weights * log_loss) @ belongs / mass)


def make_grid(rows: pd.DataFrame, convention: str, compute: str) -> SizeGrid:
    """The grid of `rows`, N counted by `convention` and C by `compute`."""
    sizes, size = np.unique(rows[convention].to_numpy(float), return_inverse=True)
    keys = np.column_stack([size, rows[compute].to_numpy(float)])
    cells, cell = np.unique(keys, axis=0, return_inverse=True)
    return SizeGrid(np.log(sizes), cell.reshape(-1), cells[:, 0].astype(int), np.log(cells[:, 1]))


def list_budgets(compute: Array) -> Array:
    """The budgets (K,) at which runs stand; those within 5 % of a smaller one are that one."""
    budgets: list[float] = []
    for value in np.unique(compute):
        if not budgets or value > budgets[-1] * (1 + SAME_BUDGET):
            budgets.append(float(value))
    return np.array(budgets)


class Vertices(NamedTuple):
    """Parabolas through valleys, (R, K) each: ln N at the vertex, the loss there in nats, its second derivative by
    ln N, and why the vertex is no best size ('' where it is one). NaN where the parabola has no minimum.
    """

    log_size: Array
    loss: Array
    curvature: Array
    refused: Array

    @property
    def best(self) -> Array:
        """ln N* (R, K); NaN where the vertex is refused."""
        return np.where(self.refused == "", self.log_size, np.nan)


def fit_parabolas(log_sizes: Array, loss: Array) -> Vertices:
    """The least-squares parabola of the loss in nats (R, S, K) over ln N (S,) in every valley.

    Refused by name: fewer than three sizes, the least loss at the smallest or the largest of them, a valley that is not
    convex, a vertex beyond the sizes.
    """
    known = np.isfinite(loss)
    count = known.sum(axis=1)
    x = np.where(known, log_sizes[:, None], 0.0)
    low = np.where(known, log_sizes[:, None], np.inf).min(axis=1)
    high = np.where(known, log_sizes[:, None], -np.inf).max(axis=1)
    enough = count >= FEWEST_SIZES
    middle = np.where(enough, x.sum(axis=1) / np.maximum(count, 1), 0.0)
    half = np.where(enough, (high - low) / 2, 1.0)
    level = np.where(enough, np.where(known, loss, 0.0).sum(axis=1) / np.maximum(count, 1), 0.0)
    u = np.where(known, (x - middle[:, None]) / half[:, None], 0.0)
    y = np.where(known, loss - level[:, None], 0.0)
    powers = known * np.stack([np.ones_like(u), u, u * u])  # (3, R, S, K)
    normal = np.einsum("irsk,jrsk->rkij", powers, powers)
    right = np.einsum("irsk,rsk->rki", powers, y)
    normal = np.where(enough[..., None, None], normal, np.eye(3))
    c0, c1, c2 = np.moveaxis(np.linalg.solve(normal, right[..., None])[..., 0], -1, 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        at = -c1 / (2 * c2)
        bottom = level + c0 - c1 * c1 / (4 * c2)
    least = np.where(known, loss, np.inf).argmin(axis=1)
    best = log_sizes[least]
    reasons = [
        (~enough, f"fewer than {FEWEST_SIZES} sizes"),
        (best <= low, EDGE_LOW),
        (best >= high, EDGE_HIGH),
        (~(c2 > 0), CONVEX),
        (~(np.abs(at) <= 1), OUTSIDE),
    ]
    refused = np.select([mask for mask, _ in reasons], [text for _, text in reasons], "")
    minimum = enough & (c2 > 0)
    log_size, bottom, curvature = (np.where(minimum, v, np.nan) for v in (middle + half * at, bottom, 2 * c2 / half**2))
    return Vertices(log_size, bottom, curvature, refused)
