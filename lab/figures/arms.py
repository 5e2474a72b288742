"""Recipes side by side: what each reaches for its parameters or its compute (Fedus et al. 2021, figure 1).

Whether a mixture of experts lies below a dense net or above it depends on which parameters are counted, so that is an
option and stands on the axis.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import pandas as pd
import plotly.graph_objects as go

from lab.figures import Figure
from lab.figures.framing.series import average_seeds, keep_positive, make_empty
from lab.figures.ink.axes import set_linear_axis, set_log_axis
from lab.figures.ink.marks import add_intervals, add_line, add_points, new_figure, split_marks
from lab.figures.ink.palette import choose_looks
from lab.tables import Tables

CELL = ["series", "size", "tokens"]


@dataclass(frozen=True)
class Options:
    """`x`: what a recipe may spend; `y`: what it reaches."""

    x: Literal["params_active", "params_total", "flops"] = "params_active"
    y: Literal["loss_nats", "accuracy_top1"] = "loss_nats"


def prepare(tables: Tables, options: Options) -> pd.DataFrame:
    """Rows by `mark`: 'run' and 'mean' (over seeds, with interval) of every recipe at its longest horizon."""
    runs = keep_positive(tables.runs[tables.runs["status"].eq("done")], options.x, options.y)
    if runs.empty:
        return make_empty(tables, "No finished run to draw.")
    runs = runs.assign(series=_name_recipes(runs))
    runs = runs[runs["tokens"].eq(runs.groupby("series")["tokens"].transform("max"))]
    # What a file does not tell, a rate or a batch, is one value to group by and no reason to drop the run.
    runs = runs.assign(seeds=runs.groupby([*CELL, "learning_rate"], dropna=False)["seed"].transform("nunique"))
    runs = runs[runs["seeds"].eq(runs.groupby(CELL, dropna=False)["seeds"].transform("max"))]
    runs = runs.assign(mean=runs.groupby([*CELL, "learning_rate"], dropna=False)["loss_nats"].transform("mean"))
    runs = runs[runs["mean"].eq(runs.groupby(CELL, dropna=False)["mean"].transform("min"))].assign(mark="run")
    means = average_seeds(runs, ["series", options.x], options.y).assign(mark="mean")
    wanted = ["mark", "series", options.x, options.y, "low", "high", "run_key", "seed", "learning_rate"]
    frame = pd.concat([runs, means], ignore_index=True).reindex(columns=wanted)
    told = "Small markers: runs; large markers: mean over seeds, with 95 % interval (Student's t) for several"
    rule = "Every recipe at its longest horizon and at the learning rate most of its seeds ran at"
    frame.attrs = {"x": options.x, "y": options.y, "notes": [told, rule]}
    return frame


def draw(frame: pd.DataFrame) -> go.Figure:
    """Runs, their means with intervals, and a line through the sizes of a recipe."""
    marks, figure = split_marks(frame), new_figure()
    x, y = frame.attrs["x"], frame.attrs["y"]
    for name, look in choose_looks(marks["mean"]["series"].unique()).items():
        runs, means = (marks[mark][marks[mark]["series"] == name].sort_values(x) for mark in ("run", "mean"))
        add_points(figure, runs, x, y, look, name, legend=False, faint=True)
        add_line(figure, means[x], means[y], look, name, legend=False, width=1.2)
        add_intervals(figure, means, x, y, look, name)
    set_log_axis(figure, "x", frame[x], x)
    set_linear_axis(figure, "y", frame[[y, "low", "high"]].to_numpy(float).ravel(), y)
    return figure


def _name_recipes(runs: pd.DataFrame) -> pd.Series:
    """'moe_transformer (routed first_half)', with the source where there are several."""
    dials = runs["dials"].where(runs["dials"].eq(""), " (" + runs["dials"] + ")")
    source = " on " + runs["source"] if len(runs["source"].unique()) > 1 else ""
    named: pd.Series = (runs["family"] + dials + source).str.replace("_", " ")
    return named


figure = Figure("Recipes side by side", "loss", prepare, draw, Options)
