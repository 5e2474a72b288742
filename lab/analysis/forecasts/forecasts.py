"""Forecasts graded on what the fit did not see: the largest size, at every horizon.

A law is worth what it foretells. The error is given in nats, relative to the loss, and relative to the reducible loss
(the loss above the floor), because a loss that is mostly irreducible is easy to be right about.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from lab.analysis.laws.fits import check_convention, fit_joint, fit_size
from lab.analysis.laws.named import NamedFit, load_law
from lab.analysis.selection import select_runs
from lab.core.estimate import Estimate
from lab.scaling import Fit, Law
from lab.tables import Tables

COLUMNS = ["run_key", "tokens", "seed", "observed", "predicted", "low", "high"]
LAWS = ("chinchilla", "power", "pure_power")  # from the law that asks most of the runs to the one that asks least
ERRORS = ["error_nats", "error_relative", "error_reducible", "inside"]


@dataclass(frozen=True)
class Forecast:
    """`frame`: one row per held-out run: run_key, tokens, seed, observed, predicted, low and high (95 % for one run),
    error_nats (predicted − observed), error_relative (of the loss), error_reducible (of the loss above the known floor,
    else above the fitted E; NaN where there is neither), inside (the interval held it). `fit` made the forecast at the
    longest horizon, `fits` all; `estimates` sum up.
    """

    frame: pd.DataFrame
    fit: Fit
    fits: list[NamedFit] = field(repr=False)
    estimates: list[Estimate]


def forecast_largest(tables: Tables, convention: str = "params_total", law: str | Law = "chinchilla") -> Forecast:
    """Fit every size but the largest and foretell the largest, at each horizon that was trained.

    A law of one variable is fitted at each horizon by itself, a joint law once to all.
    """
    check_convention(convention)
    rows = select_runs(tables).rows
    held = rows[rows[convention] == rows[convention].max()]
    seen = replace(tables, runs=rows[~rows.index.isin(held.index)])
    parts = list(_forecast(seen, held, convention, load_law(law)))
    fits = [named for named, _ in parts]
    if not fits:
        fits = [fit_joint(seen, law, convention) if len(load_law(law).predictors) > 1 else fit_size(seen, law=law)]
    frames = [_grade(graded, named.fit) for named, graded in parts if named.fit.theta is not None]
    frame = pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=[*COLUMNS, *ERRORS])
    return Forecast(frame, fits[-1].fit, fits, _summarize(frame))


def forecast_bearable(tables: Tables, convention: str = "params_total") -> tuple[Forecast, list[Forecast]]:
    """The forecast of the first of `LAWS` that the runs can bear, and the refused ones before it (all, where none can).

    What decides is whether the fit answers, never how good its forecast is.
    """
    refused: list[Forecast] = []
    for law in LAWS:
        forecast = forecast_largest(tables, convention, law)
        if len(forecast.frame):
            return forecast, refused
        refused.append(forecast)
    return refused[0], refused


def _forecast(seen: Tables, held: pd.DataFrame, convention: str, law: Law) -> Iterator[tuple[NamedFit, pd.DataFrame]]:
    if len(law.predictors) > 1:
        named = fit_joint(seen, law, convention)
        yield (
            named,
            _predict(
                named, held, {name: held[column] for name, column in zip(law.predictors, named.columns, strict=True)}
            ),
        )
        return
    for horizon, rows in held.groupby("tokens"):
        named = fit_size(seen, convention, float(str(horizon)), law)
        yield named, _predict(named, rows, {law.predictors[0]: rows[convention]})


def _predict(named: NamedFit, rows: pd.DataFrame, x: dict[str, pd.Series]) -> pd.DataFrame:
    at: dict[str, Any] = {name: values.to_numpy(float) for name, values in x.items()}
    value, low, high = named.fit.predict_new_run(0.95, **at)
    kept = rows[["run_key", "tokens", "seed", "floor_nats"]]
    return kept.assign(observed=rows["loss_nats"], predicted=value, low=low, high=high)


def _grade(frame: pd.DataFrame, fit: Fit) -> pd.DataFrame:
    error = frame["predicted"] - frame["observed"]
    fitted = fit.find("E").value
    reducible = frame["observed"] - frame["floor_nats"].astype(float).fillna(fitted)
    inside = (frame["low"] <= frame["observed"]) & (frame["observed"] <= frame["high"])
    return frame[COLUMNS].assign(
        error_nats=error, error_relative=error / frame["observed"], error_reducible=error / reducible, inside=inside
    )


def _summarize(frame: pd.DataFrame) -> list[Estimate]:
    """Mean absolute errors and the share of runs inside their interval; without intervals of their own, because the
    held-out runs share one fit.
    """
    count = len(frame)
    method = f"mean over {count} held-out runs of one fit; no interval"
    means = {
        "forecast error": frame["error_nats"].abs().mean(),
        "relative forecast error": frame["error_relative"].abs().mean(),
        "forecast error of the reducible loss": frame["error_reducible"].abs().mean(),
        "share inside the interval": frame["inside"].mean() if count else math.nan,
    }
    units = ("nats/token", "", "", "")
    return [
        Estimate(name, float(np.float64(value)), unit=unit, method=method, n=count)
        for (name, value), unit in zip(means.items(), units, strict=True)
    ]
