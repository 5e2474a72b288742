"""The basin of learning rates in which a net trains, with norms and without (Ioffe and Szegedy 2015, 1502.03167)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import pandas as pd
import plotly.graph_objects as go

from lab.figures import Figure
from lab.figures.framing.series import average_seeds, make_empty
from lab.figures.ink.axes import set_linear_axis, set_log_axis
from lab.figures.ink.marks import add_intervals, add_line, add_points, new_figure, split_marks
from lab.figures.ink.palette import choose_looks
from lab.tables import Tables

X = "learning_rate"


@dataclass(frozen=True)
class Options:
    """`y`: the error on what was trained on, or on what was held out."""

    y: Literal["train_error", "test_error"] = "train_error"


def prepare(tables: Tables, options: Options) -> pd.DataFrame:
    """Rows by `mark`: 'run' and 'mean' (over seeds, with interval) of every kind of net at every rate."""
    runs = tables.runs.reindex(columns=[*tables.runs, *{options.y, X}.difference(tables.runs)])
    rows = runs.dropna(subset=[X, options.y])
    if rows.empty:
        return make_empty(tables, "No finished run of a net that classifies.")
    lost = int(runs["status"].eq("diverged").sum())
    dials = rows["dials"].where(rows["dials"].eq(""), " (" + rows["dials"] + ")")
    rows = rows.assign(mark="run", series=(rows["family"] + dials).str.replace("_", " "))
    means = average_seeds(rows, ["series", X], options.y).assign(mark="mean")
    wanted = ["mark", "series", X, options.y, "low", "high", "run_key", "seed"]
    frame = pd.concat([rows, means], ignore_index=True).reindex(columns=wanted)
    told = "Small markers: runs; large ones: means over seeds, with 95 % interval (Student's t) for several"
    frame.attrs = {"x": X, "y": options.y, "notes": [told, f"{lost} runs diverged and are not drawn"]}
    return frame


def draw(frame: pd.DataFrame) -> go.Figure:
    """A line per kind of net through the means of its rates."""
    marks, figure, y = split_marks(frame), new_figure(), frame.attrs["y"]
    for name, look in choose_looks(marks["mean"]["series"].unique()).items():
        runs, means = (marks[mark][marks[mark]["series"] == name].sort_values(X) for mark in ("run", "mean"))
        add_points(figure, runs, X, y, look, name, legend=False, faint=True)
        add_line(figure, means[X], means[y], look, name, legend=False, width=1.2)
        add_intervals(figure, means, X, y, look, name)
    set_log_axis(figure, "x", frame[X], X)
    set_linear_axis(figure, "y", frame[[y, "low", "high"]].to_numpy(float).ravel(), y)
    return figure


figure = Figure("Errors against the learning rate", "learning rates", prepare, draw, Options, page="images")
