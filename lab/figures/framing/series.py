"""Series: which runs belong together and what they are called; what to say where there is nothing."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
from scipy.stats import t as student

from lab.analysis.learning_rates import CELL, summarize_rates
from lab.core.units import format_count
from lab.tables import Tables

LOSS = "loss_nats"


def name_sizes(runs: pd.DataFrame) -> pd.Series:
    """'N = 33.2 k' for every row, led by family and optimizer where there are several of them."""
    return _lead(runs["params_total"].map(lambda n: f"N = {format_count(n)}"), runs)


def name_horizons(runs: pd.DataFrame) -> pd.Series:
    """'D = 2 M' for every row, led like the sizes."""
    return _lead(runs["tokens"].map(lambda d: f"D = {format_count(d)}"), runs)


def _lead(names: pd.Series, runs: pd.DataFrame) -> pd.Series:
    for column in ("optimizer", "family"):
        if len(runs[column].unique()) > 1:
            names = runs[column].astype(str) + " " + names
    return names


def average_seeds(runs: pd.DataFrame, by: list[str], y: str, level: float = 0.95) -> pd.DataFrame:
    """Mean of `y` over the runs that share `by`, with Student's interval; NaN ends where there is one run only."""
    groups = runs.groupby(by, sort=True, dropna=False)[y]
    means = groups.agg(["mean", "std", "count"]).reset_index()
    half = student.ppf((1 + level) / 2, (means["count"] - 1).clip(lower=1)) * means["std"] / np.sqrt(means["count"])
    return means[by].assign(**{y: means["mean"], "low": means["mean"] - half, "high": means["mean"] + half})


def keep_best_rates(runs: pd.DataFrame) -> pd.DataFrame:
    """The runs at the best learning rate of their cell (size × horizon); all of them where no rate is known."""
    cells = summarize_rates(runs)
    return runs if cells.empty else runs.merge(cells[[*CELL, "learning_rate"]], on=[*CELL, "learning_rate"])


def count_exclusions(excluded: pd.DataFrame) -> str:
    """'Left out: 12 runs (8 not at the best learning rate, 4 diverged)', or '' for none."""
    if excluded.empty:
        return ""
    reasons = excluded["reason"].value_counts()
    return f"Left out: {len(excluded)} runs ({', '.join(f'{count} {reason}' for reason, count in reasons.items())})"


def make_empty(tables: Tables, why: str, next_step: str = "") -> pd.DataFrame:
    """An empty frame that says why, and what to run."""
    sweep, preset = tables.study.sweep or "kaplan_language_models", tables.study.preset or "smoke"
    step = next_step or f"Run\nlab run {sweep} --preset {preset}\nor bring your own:\nlab import runs.csv"
    frame = pd.DataFrame()
    frame.attrs["missing"] = f"{why}\n{step}"
    return frame


def keep_positive(runs: pd.DataFrame, *columns: str) -> pd.DataFrame:
    """The rows that a logarithmic axis can show: all of `columns` known, finite and above 0."""
    known = [name for name in columns if name in runs]
    if len(known) < len(columns):
        return runs.iloc[:0]
    numbers = runs[known].apply(pd.to_numeric, errors="coerce")
    shown: pd.Series = (numbers > 0).all(axis=1) & (numbers < math.inf).all(axis=1)
    return runs.loc[shown]
