"""Which runs may be fitted, and why the others may not; nothing is left out in silence."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from lab.analysis.learning_rates import CELL, summarize_rates
from lab.core.columns import COLUMNS
from lab.core.errors import UnknownNameError
from lab.tables import Tables

RECIPE = ["family", "dials", "optimizer", "source", "settings"]


@dataclass(frozen=True)
class Selection:
    """`rows` may be fitted; `excluded` has run_key and reason for every other run of the study."""

    rows: pd.DataFrame
    excluded: pd.DataFrame


def select_runs(tables: Tables, by: str | None = None) -> Selection:
    """The cooled endpoints a law may be fitted to.

    Finished, with a positive loss, within one epoch of their data, of the recipe that most runs have (family, dials,
    optimizer, source, settings), and at the best learning rate of their cell, unless that rate is the least or the
    largest tried. A cell with one rate is taken as it is: the rate was stored, not tuned here. With `by`, a column of
    the runs, each of its values is selected by itself, so that recipes can be compared. Raises `UnknownNameError` for
    a column that is none.
    """
    if by is not None and by not in tables.runs:
        raise UnknownNameError.among("column of the runs to group by", by, tables.runs.columns)
    if by is None or tables.runs.empty:
        return _select(tables.runs)
    parts = [_select(group) for _, group in tables.runs.groupby(by, dropna=False)]
    rows, excluded = (pd.concat([getattr(part, name) for part in parts]).sort_index() for name in ("rows", "excluded"))
    return Selection(rows, excluded)


def _select(runs: pd.DataFrame) -> Selection:
    if runs.empty:
        return Selection(
            runs.reindex(columns=list(dict.fromkeys([*COLUMNS, *runs.columns]))),
            pd.DataFrame(columns=["run_key", "reason"]),
        )
    reasons = pd.Series("", index=runs.index)
    for find in (_find_unfinished, _find_worthless, _find_repeated):
        reasons = _add(reasons, find(runs[reasons == ""]))
    if (reasons == "").any():  # the others compare a run with the rest
        reasons = _add(reasons, _find_foreign(runs[reasons == ""]))
        # A rate that diverged, or was stopped as too far behind, was tried and bounds the best one.
        tried = runs[reasons.isin(["", "diverged", "stopped"])]
        reasons = _add(reasons, _find_untuned(runs[reasons == ""], tried))
        reasons = _add(reasons, _find_ruled(runs[reasons == ""]))
    kept = reasons == ""
    return Selection(runs[kept], pd.DataFrame({"run_key": runs["run_key"], "reason": reasons})[~kept])


def _add(reasons: pd.Series, found: pd.Series) -> pd.Series:
    return reasons.where(reasons != "", found.reindex(reasons.index, fill_value=""))


def _find_unfinished(runs: pd.DataFrame) -> pd.Series:
    return runs["status"].astype(str).where(runs["status"] != "done", "")


def _find_worthless(runs: pd.DataFrame) -> pd.Series:
    loss = runs["loss_nats"].to_numpy(float)
    return _mark(runs, ~(np.isfinite(loss) & (loss > 0)), "no positive loss")


def _find_repeated(runs: pd.DataFrame) -> pd.Series:
    repeated = runs["tokens"] > runs["unique_tokens"]  # false where the unique tokens are not known
    return _mark(runs, repeated.to_numpy(bool), "repeats its data: more than one epoch")


def _find_foreign(runs: pd.DataFrame) -> pd.Series:
    recipe = runs[RECIPE].fillna("").astype(str).groupby(RECIPE).ngroup()
    foreign = recipe != recipe.mode().iloc[0]
    return _mark(runs, foreign.to_numpy(bool), "another family, optimizer, source, dials or settings than most runs")


def _find_untuned(runs: pd.DataFrame, tried: pd.DataFrame) -> pd.Series:
    rivals = tried[tried.groupby(CELL, dropna=False)["learning_rate"].transform("nunique") > 1]
    if rivals.empty:  # the usual file: one rate for all, and nothing to compare
        return _mark(runs, np.zeros(len(runs), bool), "")
    cells = summarize_rates(rivals)[[*CELL, "learning_rate", "on_edge"]].rename(columns={"learning_rate": "best"})
    best = runs[[*CELL, "learning_rate"]].merge(cells, on=CELL, how="left").set_index(runs.index)
    known = best["learning_rate"].notna() & best["best"].notna()
    other = known & (best["learning_rate"] != best["best"])
    reasons = _mark(runs, (known & best["on_edge"].eq(True)).to_numpy(bool), "the best learning rate is on the edge")
    return reasons.where(~other, "not at the best learning rate")


def _find_ruled(runs: pd.DataFrame) -> pd.Series:
    """Runs of a search that might have been stopped: where its rate is best, the seed trains again without the rule."""
    ruled = runs["stop_nats"].notna().to_numpy(bool) if "stop_nats" in runs else np.zeros(len(runs), bool)
    return _mark(runs, ruled, "trained under a stop rule")


def _mark(runs: pd.DataFrame, bad: np.ndarray, reason: str) -> pd.Series:
    return pd.Series(np.where(bad, reason, ""), index=runs.index, dtype=object)
