"""What a single learning rate does to the exponent of the data: it tilts it, because the best rate drifts with D.

Measured where every rate was tried to every horizon (the search), size by size: β from each single rate against β from
the best rate of each horizon.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from lab.core.estimate import Estimate
from lab.core.replicates import average_replicates
from lab.tables import Tables

FEWEST_HORIZONS = 3


@dataclass(frozen=True)
class RatesEffect:
    """`frame`: size, seed, learning_rate, beta (slope of ln L over ln D, sign reversed), beta_best (with each horizon's
    best rate) and tilt = beta − beta_best. `estimates`: the mean tilt of every rate, the size being the independent
    unit.
    """

    frame: pd.DataFrame
    estimates: list[Estimate]


def fit_tokens_by_rate(tables: Tables) -> RatesEffect:
    """β under each rate that one seed tried to all its horizons (three at least), against the per-horizon best."""
    columns = ["size", "seed", "learning_rate", "beta", "beta_best", "tilt"]
    runs = tables.runs
    done = runs[(runs["status"] == "done") & runs["learning_rate"].notna()] if len(runs) else runs
    found: list[tuple[float, ...]] = []
    for size, seed in np.unique(done[["size", "seed"]].to_numpy(float), axis=0) if len(done) else ():
        own = done[(done["size"] == size) & (done["seed"] == seed)]
        losses = own.pivot_table(index="learning_rate", columns="tokens", values="loss_nats").dropna()
        if losses.shape[0] > 1 and losses.shape[1] >= FEWEST_HORIZONS:
            best = _find_slope(losses.min())
            betas = [_find_slope(row) for _, row in losses.iterrows()]
            rates = losses.index.to_numpy(float)
            found += [(size, seed, rate, beta, best, beta - best) for rate, beta in zip(rates, betas, strict=True)]
    frame = pd.DataFrame(found, columns=columns)
    per_size = frame.groupby(["learning_rate", "size"], as_index=False)["tilt"].mean()
    estimates = []
    for rate in np.unique(per_size["learning_rate"]):
        tilts = per_size.loc[per_size["learning_rate"] == rate, "tilt"].tolist()
        estimates.append(average_replicates(f"tilt of β at η = {rate:g}", tilts, what="sizes"))
    return RatesEffect(frame, estimates)


def _find_slope(losses: pd.Series) -> float:
    return -float(np.polyfit(np.log(losses.index.to_numpy(float)), np.log(losses.to_numpy(float)), 1)[0])
