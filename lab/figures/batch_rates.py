"""The surface of loss over learning rate and batch: parabolas by batch at one horizon, the best rate by batch at each.

A rule of thumb has η ∝ √B for adaptive optimizers (Malladi et al. 2022, arXiv 2205.10287) up to the critical batch; the
power is fitted here, horizon by horizon, so that the surface is one of rate × batch × horizon.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from lab.analysis.learning_rates import CELL, summarize_rates
from lab.figures import Figure
from lab.figures.framing.series import LOSS, keep_positive, make_empty, name_horizons
from lab.figures.ink.axes import set_log_axis
from lab.figures.ink.marks import add_line, add_points, new_figure
from lab.figures.ink.palette import Look, choose_looks
from lab.tables import Tables

BATCH, RATE = "batch_tokens", "learning_rate"
STEPS = 30  # of a line
SEARCH = "Run\nlab run batch_size --preset standard"


@dataclass(frozen=True)
class Options:
    """Whose runs are drawn: at which `size`; the parabolas at which `horizon`."""

    size: Literal["largest", "smallest"] = "largest"
    horizon: Literal["longest", "shortest"] = "longest"


def prepare(tables: Tables, options: Options) -> pd.DataFrame:
    """Rows by `mark`: 'run' (a rate tried) and 'parabola', of one horizon; 'best' and its 'rule', of every horizon."""
    runs = keep_positive(tables.runs, RATE, BATCH, "tokens", LOSS)
    runs = runs[runs["status"] == "done"] if len(runs) else runs
    cells = summarize_rates(runs).dropna(subset=["vertex"])
    if cells.empty:
        return make_empty(tables, "No batch whose best learning rate lies between others.")
    chosen = cells["size"].max() if options.size == "largest" else cells["size"].min()
    cells = cells[cells["size"] == chosen]
    if len(cells[BATCH].unique()) < 2:
        return make_empty(tables, "The learning rate was searched at one batch size.", SEARCH)
    horizon = cells["tokens"].max() if options.horizon == "longest" else cells["tokens"].min()
    own = runs.merge(cells.loc[cells["tokens"] == horizon, CELL], on=CELL).sort_values([BATCH, RATE])
    tried = own.assign(mark="run", series=own[BATCH].map(_name_batch))[["mark", "series", BATCH, RATE, LOSS, "run_key"]]
    curves = [_trace_parabola(batch, tried[tried[BATCH] == batch]) for batch in tried[BATCH].unique()]
    best = cells.sort_values(["tokens", BATCH]).assign(mark="best", series=name_horizons, learning_rate=cells["vertex"])
    rules, told = _fit_rules(best)
    frame: pd.DataFrame = pd.concat(
        [tried, *curves, best[["mark", "series", "tokens", BATCH, RATE]], *rules], ignore_index=True
    )
    shown = str(best.loc[best["tokens"] == horizon, "series"].iloc[0])
    frame.attrs = {
        "x": RATE,
        "y": LOSS,
        "horizon": shown,
        "notes": [
            f"Above: runs of {shown}, a parabola in log η through each batch's; below: its vertex by batch",
            told,
        ],
    }
    return frame


def draw(frame: pd.DataFrame) -> go.Figure:
    """Loss by rate above, a look per batch; the best rate by batch below, a look per horizon."""
    figure = new_figure((0.55, 0.45), share_x=False)
    above, below = (frame[frame["mark"].isin(marks)] for marks in (("run", "parabola"), ("best", "rule")))
    for name, look in choose_looks(above["series"].unique()).items():
        runs, curve = (above[(above["series"] == name) & (above["mark"] == mark)] for mark in ("run", "parabola"))
        add_points(figure, runs, RATE, LOSS, look, str(name))
        add_line(figure, curve[RATE], curve[LOSS], look, str(name), width=1.2, legend=False)
    for name, look in choose_looks(below["series"].unique()).items():
        best, rule = (below[(below["series"] == name) & (below["mark"] == mark)] for mark in ("best", "rule"))
        add_points(figure, best, BATCH, RATE, Look(look.color, look.symbol, look.dash), str(name), hollow=True, row=2)
        add_line(figure, rule[BATCH], rule[RATE], look, str(name), width=1.2, legend=False, row=2)
    set_log_axis(figure, "x", above[RATE], RATE)
    set_log_axis(figure, "y", above[LOSS], LOSS)
    set_log_axis(figure, "x", below[BATCH], BATCH, row=2)
    set_log_axis(figure, "y", below[RATE], RATE, row=2, title="Best learning rate η")
    return figure


def _name_batch(batch: float) -> str:
    return f"batch {batch:,.0f}"


def _trace_parabola(batch: float, rows: pd.DataFrame) -> pd.DataFrame:
    """The parabola in ln η through the means of all rates tried at a batch."""
    losses = rows.groupby(RATE)[LOSS].mean()
    rates = losses.index.to_numpy(float)
    at = np.geomspace(rates[0], rates[-1], STEPS)
    fitted = np.polyval(np.polyfit(np.log(rates), losses.to_numpy(float), 2), np.log(at))
    return pd.DataFrame({"mark": "parabola", "series": _name_batch(batch), BATCH: batch, RATE: at, LOSS: fitted})


def _fit_rules(best: pd.DataFrame) -> tuple[list[pd.DataFrame], str]:
    """ln η* = a + k·ln B for every horizon that has three batches or more."""
    rules, told = [], []
    for name, rows in best.groupby("series", sort=False):
        if len(rows) < 3:
            continue
        logs = np.log(rows[BATCH].to_numpy(float))
        power, level = np.polyfit(logs, np.log(rows[RATE].to_numpy(float)), 1)
        at = np.geomspace(rows[BATCH].min(), rows[BATCH].max(), STEPS)
        rates = np.exp(level + power * np.log(at))
        rules.append(pd.DataFrame({"mark": "rule", "series": name, BATCH: at, RATE: rates}))
        told.append(f"{name}: {power:.2f}")
    if not told:
        return [], "No power of the batch: fewer than three batches are bracketed at every horizon"
    return rules, "Power of the batch that the best rate follows, least squares: " + ", ".join(told)


figure = Figure("Learning rate and batch", "training", prepare, draw, Options)
