"""The compute frontier, and the size that is best at a given compute.

Hoffmann et al. 2022 (arXiv 2203.15556), section 3: the frontier is their approach 1, the parabola through the losses of
several sizes at equal compute their approach 2. A parabola through a skew valley is biased (Open-Athena 2026, arXiv
2603.22339), so the exponent is trusted and the level is not.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lab.analysis.laws.named import NamedFit, fit_rows, speak
from lab.analysis.optimum.valleys import FEWEST_SIZES, SizeGrid, fit_parabolas, list_budgets, make_grid
from lab.analysis.selection import select_runs
from lab.scaling import Law, LeastSquares, Parameter, Status
from lab.tables import Tables

Array = NDArray[Any]

ENVELOPE_STEPS = 400  # of ln C between the cheapest run and the dearest
_CELL = ["size", "tokens"]


class OptimalSize(Law):
    """N*(C) = k·C^a: the size that is best at compute C (Hoffmann et al. 2022, arXiv 2203.15556, section 3)."""

    name = "optimal_size"
    citation = "Hoffmann et al. 2022, Training Compute-Optimal Large Language Models, arXiv 2203.15556, section 3"
    predictors = ("compute",)
    parameters = (
        Parameter("k", "k", "parameters/FLOP^a", linear=True, scale="log"),
        Parameter("a", "a", low=-3.0, high=3.0),
    )

    def predict(self, theta: Array, **x: Array) -> Array:
        """k·C^a, parameters."""
        k, a = self.split(theta)
        return np.asarray(k * x["compute"] ** a)


def find_frontier(rows: pd.DataFrame, x: str) -> pd.DataFrame:
    """The runs of the cells on the lower convex hull of ln L over ln C, as far as it falls."""
    cells = rows.groupby(_CELL, as_index=False, dropna=False).agg({x: "mean", "loss_nats": "mean"})
    cells = cells[cells[x] > 0].sort_values([x, "loss_nats"])
    hull: list[int] = []
    log_x, log_y = np.log(cells[x].to_numpy(float)), np.log(cells["loss_nats"].to_numpy(float))
    for i in range(len(cells)):
        if hull and log_y[i] >= log_y[hull[-1]]:
            continue
        while len(hull) > 1 and _turns_up(log_x, log_y, hull[-2], hull[-1], i):
            hull.pop()
        hull.append(i)
    return rows.merge(cells.iloc[hull][_CELL], on=_CELL)


def optimal_sizes(tables: Tables, convention: str = "params_total", compute: str = "flops") -> pd.DataFrame:
    """The best size at every budget of compute, per seed.

    Each size's loss is interpolated between its horizons, in logarithms, to the budgets at which runs stand; at a
    budget that three sizes or more reach, the vertex of the parabola of ln L over ln N through the best size and its
    neighbours is N*: the narrow parabola has little of the bias of one through the whole valley. Columns: seed, compute
    (FLOP), sizes (that reach the budget), optimal (N*, NaN where the least loss is at the smallest or largest size: the
    optimum lies outside), loss_nats (at the vertex).
    """
    columns = ["seed", "compute", "sizes", "optimal", "loss_nats"]
    rows = select_runs(tables).rows.dropna(subset=[convention, compute, "tokens", "seed"])
    if rows.empty:
        return pd.DataFrame(columns=columns)
    seeds = np.unique(rows["seed"].to_numpy(float))
    own = (rows["seed"].to_numpy(float) == seeds[:, None]).astype(float)
    grid, budgets = make_grid(rows, convention, compute), list_budgets(rows[compute].to_numpy(float))
    log_losses = grid.read(np.log(rows["loss_nats"].to_numpy(float)), own, np.log(budgets))
    vertices = fit_parabolas(grid.log_sizes, _keep_neighbours(log_losses))
    sizes = np.isfinite(log_losses).sum(axis=1)
    inside = vertices.refused == ""
    found = pd.DataFrame(
        {
            "seed": np.repeat(seeds, len(budgets)),
            "compute": np.tile(budgets, len(seeds)),
            "sizes": sizes.ravel(),
            "optimal": np.exp(vertices.best).ravel(),
            "loss_nats": np.exp(np.where(inside, vertices.loss, np.nan)).ravel(),
        },
        columns=columns,
    )
    return found[found["sizes"] >= FEWEST_SIZES].reset_index(drop=True)


def fit_optimal_size(tables: Tables, convention: str = "params_total", compute: str = "flops") -> NamedFit:
    """N* ∝ C^a through the best sizes of all budgets; the seed is the independent unit, as every seed has its own."""
    best = optimal_sizes(tables, convention, compute)
    inside = best[best["optimal"].notna()]
    rows = inside.assign(trunk_key=inside["seed"].astype(str), run_key="")
    question = "How does the size that is best at a given compute grow with it?"
    title = f"N*(C), {speak(convention)}, {speak(compute)}"
    columns = {"compute": "compute"}
    named = fit_rows(tables, rows, OptimalSize(), columns, title, question, "optimal", LeastSquares())
    if named.fit.status is not Status.REFUSED or select_runs(tables).rows.empty:
        return named
    budgets, found = best["compute"].nunique(), inside["compute"].nunique()
    reason = f"{budgets} budgets of compute that 3 sizes or more reach, {found} with the best size inside their range"
    next_step = "run smaller and larger sizes at equal compute: `lab run chinchilla_isoflop --preset standard`"
    return replace(
        named, fit=replace(named.fit, reason=f"{reason}; 3 such budgets and 2 seeds are needed", next_step=next_step)
    )


def find_switches(grid: SizeGrid, log_loss: Array, weights: Array) -> tuple[Array, Array]:
    """Where the least loss of all sizes passes from one size to another: ln C and ln N (R, P), NaN where a row has
    fewer such points than P.

    At the crossing of two sizes both are equally good, and the best size lies between them: at their geometric mean.
    Every point of the envelope, as Hoffmann et al. 2022, section 3.1, fit them, would weigh the smallest and the
    largest size by how far compute reaches beyond them. A size that merely ends does not make a crossing.
    """
    ends = grid.log_computes.min(), grid.log_computes.max()
    at = np.union1d(np.linspace(*ends, ENVELOPE_STEPS), grid.log_computes)
    losses = grid.read(log_loss, weights, at)
    found = [_cross(grid.log_sizes, at, table) for table in losses]
    most = max((len(points) for points in found), default=0)
    padded = np.full((len(found), most, 2), np.nan)
    for row, points in zip(padded, found, strict=True):
        row[: len(points)] = points
    return padded[..., 0], padded[..., 1]


def _cross(log_sizes: Array, at: Array, losses: Array) -> Array:
    """The crossings (P, 2) of the least of the losses (S, Q), linear between the steps `at` (Q,)."""
    least = np.where(np.isfinite(losses), losses, np.inf).argmin(axis=0)
    points = []
    for q in np.flatnonzero(np.diff(least)):
        old, new = least[q], least[q + 1]
        lead = losses[old, q : q + 2] - losses[new, q : q + 2]
        if np.isfinite(lead).all():
            share = lead[0] / (lead[0] - lead[1])
            points.append((at[q] + share * (at[q + 1] - at[q]), (log_sizes[old] + log_sizes[new]) / 2))
    return np.array(points).reshape(-1, 2)


def _turns_up(x: Array, y: Array, a: int, b: int, c: int) -> bool:
    return bool((y[b] - y[a]) * (x[c] - x[b]) >= (y[c] - y[b]) * (x[b] - x[a]))


def _keep_neighbours(log_losses: Array) -> Array:
    """The least loss of every valley (R, S, K) and those of the next sizes either side; NaN elsewhere."""
    kept = np.full_like(log_losses, np.nan)
    for row, budget in np.ndindex(log_losses.shape[0], log_losses.shape[2]):
        valley = log_losses[row, :, budget]
        known = np.flatnonzero(np.isfinite(valley))
        if len(known):
            best = int(np.argmin(valley[known]))
            around = known[max(0, best - 1) : best + 2]
            kept[row, around, budget] = valley[around]
    return kept
