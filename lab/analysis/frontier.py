"""The compute frontier: the best size, data and loss at a given compute, and how each grows with it.

At every budget the sizes that were trained through it are compared: the log loss of each, a parabola in log compute
over its horizons, gives a valley over log size, and a parabola through the lowest point and its neighbours its bottom
(Hoffmann et al. 2022, arXiv 2203.15556, approach 2, on a grid). A seed's grid is one independent replicate; intervals
are over seeds. The parabola's known bias is largest for wide or lopsided grids (arXiv 2603.22339).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from lab.analysis.replicates import average_replicates
from lab.core.estimate import Estimate

BUDGETS = 9
FEWEST_BUDGETS = 3
Quantity = Literal["size_optimal", "tokens_optimal", "loss_optimal"]


@dataclass(frozen=True)
class Frontier:
    """The bottoms of the valleys.

    `points`: one row per seed and budget with an interior minimum: seed, compute (FLOP, as `compute` counts it),
    size_optimal (parameters, as `convention` counts them), tokens_optimal, loss_optimal (nats/token), sizes (how many
    were compared). `valleys`: the compared losses: seed, compute, size, params, loss_nats.
    """

    convention: str
    compute: str
    points: pd.DataFrame
    valleys: pd.DataFrame

    def exponent(self, of: Quantity, level: float = 0.95) -> Estimate:
        """The slope of the logarithm of a quantity on log compute, averaged over seeds.

        Of `size_optimal` it is a in N* ∝ C^a, of `loss_optimal` −α_C in L* ∝ C^(−α_C). A seed counts that has three
        budgets with an interior minimum.
        """
        slopes = [
            float(np.polyfit(np.log(seed["compute"]), np.log(seed[of]), 1)[0])
            for _, seed in self.points.groupby("seed")
            if len(seed) >= FEWEST_BUDGETS
        ]
        return average_replicates(f"exponent of {of} in {self.compute}", slopes, level=level)


def find_frontier(rows: pd.DataFrame, convention: str = "params_total", compute: str = "flops") -> Frontier:
    """The frontier of selected endpoints; `compute` is 'flops' or 'flops_6nd'."""
    points, valleys = [], []
    for seed, of_seed in rows.groupby("seed"):
        curves = {float(str(size)): curve.sort_values(compute) for size, curve in of_seed.groupby("size")}
        for budget in _choose_budgets(list(curves.values()), compute):
            valley = _cut_valley(curves, budget, convention, compute)
            valleys.append(valley.assign(seed=seed, compute=budget))
            bottom = _find_bottom(valley)
            if bottom is not None:
                points.append({"seed": seed, "compute": budget, "sizes": len(valley), **bottom})
    found = pd.DataFrame(points, columns=["seed", "compute", "size_optimal", "tokens_optimal", "loss_optimal", "sizes"])
    columns = ["seed", "compute", "size", "params", "loss_nats", "tokens"]
    return Frontier(
        convention, compute, found, pd.concat(valleys)[columns] if valleys else pd.DataFrame(columns=columns)
    )


def _choose_budgets(curves: list[pd.DataFrame], compute: str) -> np.ndarray:
    """Budgets, evenly spaced in the logarithm, between the least and greatest at which three sizes can be compared."""
    if len(curves) < 3:
        return np.array([])
    low = np.sort([curve[compute].min() for curve in curves])[2]
    high = np.sort([curve[compute].max() for curve in curves])[-3]
    return np.geomspace(low, high, BUDGETS) if low < high else np.array([])


def _cut_valley(curves: dict[float, pd.DataFrame], budget: float, convention: str, compute: str) -> pd.DataFrame:
    """The losses at one budget of all sizes whose horizons enclose it."""
    cut = []
    for size, curve in curves.items():
        spent = curve[compute].to_numpy(float)
        if spent.min() * (1 - 1e-9) <= budget <= spent.max() * (1 + 1e-9):
            center = np.log(budget)
            degree = min(2, len(spent) - 1)
            log_loss = np.polyfit(np.log(spent) - center, np.log(curve["loss_nats"]), degree)[-1] if degree else np.nan
            tokens = budget * float((curve["tokens"] / curve[compute]).iloc[0])
            cut.append((size, float(curve[convention].iloc[0]), float(np.exp(log_loss)), tokens))
    return pd.DataFrame(cut, columns=["size", "params", "loss_nats", "tokens"]).dropna().sort_values("params")


def _find_bottom(valley: pd.DataFrame) -> dict[str, float] | None:
    """The bottom of the parabola through the lowest size and its neighbours; None where the lowest is at an end."""
    lowest = int(np.argmin(valley["loss_nats"])) if len(valley) else 0
    if not 0 < lowest < len(valley) - 1:
        return None
    around = valley.iloc[lowest - 1 : lowest + 2]
    logs, losses = np.log(around["params"].to_numpy()), around["loss_nats"].to_numpy()
    curvature, slope, level = np.polyfit(logs - logs[1], losses, 2)
    shift = -slope / (2 * curvature)
    tokens = np.exp(np.interp(logs[1] + shift, logs, np.log(around["tokens"].to_numpy())))
    return {
        "size_optimal": float(np.exp(logs[1] + shift)),
        "tokens_optimal": float(tokens),
        "loss_optimal": float(level - slope**2 / (4 * curvature)),
    }
