"""Error against depth: nets of one width, with shortcuts and without (He et al. 2015, arXiv 1512.03385, figure 6)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import pandas as pd
import plotly.graph_objects as go

from lab.analysis.comparisons.arms import select_arm
from lab.figures import Figure
from lab.figures.framing.series import average_seeds, make_empty
from lab.figures.ink.axes import set_linear_axis
from lab.figures.ink.marks import add_intervals, add_line, add_points, new_figure, split_marks
from lab.figures.ink.palette import choose_looks
from lab.tables import Tables

X = "layers"
ARM = ["source", "family", "dials", "size"]


@dataclass(frozen=True)
class Options:
    """`y`: the error on what was trained on, or on what was held out."""

    y: Literal["train_error", "test_error", "fitted_nats", "loss_nats"] = "train_error"


def prepare(tables: Tables, options: Options) -> pd.DataFrame:
    """Rows by `mark`: 'run' and 'mean' (over seeds, with interval) of every kind of net at every depth."""
    known = tables.runs.reindex(columns=[*ARM, X, options.y]).dropna(subset=[X, options.y])
    if known.empty:
        return make_empty(tables, "No finished run of a net that classifies.")
    arms = [select_arm(tables, **dict(zip(ARM, arm, strict=True))) for arm in known[ARM].drop_duplicates().to_numpy()]
    rows = pd.concat(arms).assign(mark="run")
    rows = rows.assign(series=_name_kinds(rows))
    means = average_seeds(rows, ["series", X], options.y).assign(mark="mean")
    wanted = ["mark", "series", X, options.y, "low", "high", "run_key", "seed", "learning_rate"]
    frame = pd.concat([rows, means], ignore_index=True).reindex(columns=wanted)
    told = "Small markers: runs; large ones: means over seeds, with 95 % interval (Student's t) for several"
    rule = "Every kind at a depth at the rate most of its seeds ran at"
    frame.attrs = {"x": X, "y": options.y, "notes": [told, rule]}
    return frame


def draw(frame: pd.DataFrame) -> go.Figure:
    """A line per kind of net through the means of its depths."""
    marks, figure, y = split_marks(frame), new_figure(), frame.attrs["y"]
    for name, look in choose_looks(marks["mean"]["series"].unique()).items():
        runs, means = (marks[mark][marks[mark]["series"] == name].sort_values(X) for mark in ("run", "mean"))
        add_points(figure, runs, X, y, look, name, legend=False, faint=True)
        add_line(figure, means[X], means[y], look, name, legend=False, width=1.2)
        add_intervals(figure, means, X, y, look, name)
    set_linear_axis(figure, "x", frame[X], X)
    set_linear_axis(figure, "y", frame[[y, "low", "high"]].to_numpy(float).ravel(), y)
    return figure


def _name_kinds(rows: pd.DataFrame) -> pd.Series:
    """'resnet (placement pre)': family and dials but the depth; width and source where there are several."""
    dials = rows["dials"].str.replace(r"(, )?depth \d+(, )?", "", regex=True)
    named = rows["family"] + dials.where(dials.eq(""), " (" + dials + ")")
    for column, label in (("size", ", width {:g}"), ("source", " on {}")):
        if len(rows[column].unique()) > 1:
            named = named + rows[column].map(label.format)
    spelled: pd.Series = named.str.replace("_", " ")
    return spelled


figure = Figure("Error against depth", "depth", prepare, draw, Options, page="images")
