"""The learning rate of every cell (recipe × size × horizon): what was tried, what was best, was it tuned.

The best rate drifts with the horizon (Porian et al. 2024, arXiv 2406.19146, section 3.4), so a cell has a horizon.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd

CELL = ["family", "dials", "optimizer", "source", "settings", "batch_tokens", "window", "size", "tokens"]
"""All but the learning rate and the seed: runs of one cell differ by nothing else that a table tells of them."""

_ENDED = ("done", "diverged", "stopped")


def summarize_rates(runs: pd.DataFrame) -> pd.DataFrame:
    """One row per cell with a finished run: its best learning rate, and how well it is bracketed.

    Rates are compared by the mean held-out loss over the seeds that tried the most of them, so that a rate which more
    seeds ran later is not judged by other luck than its rivals. A rate that diverged or was stopped counts as tried and
    as worse than any.

    Columns: the cell; `learning_rate` (best); `on_edge` (it is the least or the largest tried, so a better one may lie
    beyond); `rates_tried`; `stored` (only one was tried: taken over, not tuned here); `vertex`, `vertex_loss`
    (nats/token; the parabola in ln η through the best rate and its neighbours, NaN without both) and `regret_nats`
    (loss at the best rate above the vertex).
    """
    columns = [*CELL, "learning_rate", "on_edge", "rates_tried", "stored", "vertex", "vertex_loss", "regret_nats"]
    if runs.empty:
        return pd.DataFrame(columns=columns)
    rows = []
    for cell, group in runs[runs["learning_rate"].notna()].groupby(CELL, dropna=False):
        losses = compare_rates(group)
        if len(losses) and math.isfinite(losses.min()):
            rows.append({**dict(zip(CELL, cell, strict=True)), **_summarize_cell(losses)})
    return pd.DataFrame(rows, columns=columns)


def fit_parabola(rates: np.ndarray, losses: np.ndarray) -> tuple[float, float]:
    """Rate and loss at the vertex of the parabola in ln η through three points; NaN where it opens downwards."""
    center = math.log(rates[1])
    curvature, slope, level = np.polyfit(np.log(rates) - center, losses, 2)
    if curvature <= 0:
        return math.nan, math.nan
    return math.exp(center - slope / (2 * curvature)), level - slope**2 / (4 * curvature)


def compare_rates(group: pd.DataFrame) -> pd.Series:
    """The loss of every rate tried in one cell, indexed by the rate in rising order; infinite where it diverged."""
    ended = group[group["status"].isin(_ENDED)]
    if ended.empty:
        return pd.Series(dtype=float)
    losses = ended["loss_nats"].where(ended["status"] == "done").fillna(math.inf)
    tried = ended.assign(loss_nats=losses, seed=ended["seed"].fillna(-1))
    count = tried.groupby("seed")["learning_rate"].transform("nunique")
    compared: pd.Series = tried[count == count.max()].groupby("learning_rate")["loss_nats"].mean()
    return compared


def _summarize_cell(losses: pd.Series) -> dict[str, Any]:
    rates, values = losses.index.to_numpy(float), losses.to_numpy(float)
    best = int(np.argmin(values))
    around = slice(best - 1, best + 2)
    bracketed = 0 < best < len(rates) - 1 and bool(np.isfinite(values[around]).all())
    vertex, vertex_loss = fit_parabola(rates[around], values[around]) if bracketed else (math.nan, math.nan)
    return {
        "learning_rate": rates[best],
        "on_edge": len(rates) > 1 and best in (0, len(rates) - 1),
        "rates_tried": len(rates),
        "stored": len(rates) == 1,
        "vertex": vertex,
        "vertex_loss": vertex_loss,
        "regret_nats": values[best] - vertex_loss,
    }
