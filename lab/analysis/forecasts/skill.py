"""Is a forecast better than none? Its error against that of the nearest run one already has."""

from __future__ import annotations

import numpy as np
import pandas as pd

from lab.analysis.forecasts.forecasts import Forecast


def measure_skill(forecast: Forecast, rows: pd.DataFrame, convention: str = "params_total") -> pd.Series:
    """The log error that the forecast saves over the naive one, per seed, mean over horizons; positive is skill.

    The naive forecast of the largest size is the loss of the next smaller one of the same seed and horizon. `rows`: the
    selected endpoints. Index: seed; empty where the law was refused.
    """
    if forecast.frame.empty:
        return pd.Series(dtype=float)
    sizes = np.unique(rows[convention].to_numpy(float))
    next_smaller = rows[rows[convention] == sizes[-2]][["seed", "tokens", "loss_nats"]]
    graded = forecast.frame.merge(next_smaller, on=["seed", "tokens"], how="inner")
    observed, naive, skilled = (
        np.log(graded[column].to_numpy(float)) for column in ("observed", "loss_nats", "predicted")
    )
    gain = pd.Series(np.abs(observed - naive) - np.abs(observed - skilled), index=graded["seed"].to_numpy())
    saved: pd.Series = gain.groupby(level=0).mean()
    return saved
