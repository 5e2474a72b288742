"""The loss before against the loss after a change of source, a look per family (Tay et al. 2022, arXiv 2207.10551).

Where the order of families were the same on both, the points of a size would rise from left to right.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import pandas as pd
import plotly.graph_objects as go

from lab.figures import Figure
from lab.figures.framing.series import average_seeds, keep_positive, make_empty
from lab.figures.ink.axes import set_linear_axis
from lab.figures.ink.marks import add_intervals, add_line, new_figure, split_marks
from lab.figures.ink.palette import choose_looks
from lab.tables import Tables

CELL = ["family", "params_total"]
X, Y = "upstream_nats", "loss_nats"
MOST_TARGETS = 3  # panels that a page has room for


@dataclass(frozen=True)
class Options:
    """`size`: which nets. `after`: their loss on the target, or how far it is below that of a training from scratch."""

    size: Literal["all", "largest", "smallest"] = "all"
    after: Literal["loss_nats", "gain_nats"] = "loss_nats"


def prepare(tables: Tables, options: Options) -> pd.DataFrame:
    """Rows by `mark`: 'mean' of a family at a size on a target, over seeds, with intervals of both losses; 'run'."""
    runs = keep_positive(tables.runs[tables.runs["status"].eq("done")], X, Y, "params_total")
    if runs.empty:
        return make_empty(tables, "No finished run of a net that was trained on another source.")
    if options.after == "gain_nats":
        runs = runs.dropna(subset=["scratch_nats"])
        runs = runs.assign(gain_nats=runs["scratch_nats"].astype(float) - runs[Y].astype(float))
    levels = runs.groupby("family")["params_total"].rank("dense")
    ends = {"largest": levels.groupby(runs["family"]).transform("max"), "smallest": 1.0}
    runs = runs if options.size == "all" else runs[levels == ends[options.size]]
    targets = sorted(runs["source"].unique())
    runs = runs[runs["source"].isin(targets[:MOST_TARGETS])].assign(target=runs["source"], mark="run")
    by = ["target", *CELL]
    after, before = (average_seeds(runs, by, column) for column in (options.after, X))
    means = after.merge(before.rename(columns={"low": "x_low", "high": "x_high"}), on=by).assign(mark="mean")
    frame: pd.DataFrame = pd.concat([means, runs[["mark", "run_key", *by, X, options.after]]], ignore_index=True)
    more = [f"{len(targets) - MOST_TARGETS} targets more are not drawn"] if len(targets) > MOST_TARGETS else []
    frame.attrs = {
        "x": X,
        "y": options.after,
        "y_unit": "nats/token",
        "notes": ["Means over seeds, bars 95 % (Student's t); a line joins the sizes of a family", *more],
    }
    return frame


def draw(frame: pd.DataFrame) -> go.Figure:
    """A panel per target."""
    means, y = split_marks(frame)["mean"], frame.attrs["y"]
    targets = list(means["target"].unique())
    figure = new_figure((1 / len(targets),) * len(targets))
    for row, target in enumerate(targets, start=1):
        panel = means[means["target"] == target]
        for name, look in choose_looks(means["family"].unique()).items():
            own = panel[panel["family"] == name].sort_values("params_total")
            label = str(name).replace("_", " ")
            add_line(figure, own[X], own[y], look, label, row=row, legend=False, width=1.2)
            add_intervals(figure, own, X, y, look, label, row=row, legend=row == 1)
            figure.data[-1].error_x = {
                **figure.data[-1].error_y.to_plotly_json(),
                "array": (own["x_high"] - own[X]).to_numpy(float),
                "arrayminus": (own[X] - own["x_low"]).to_numpy(float),
            }
        title = f"{str(target).capitalize().replace('_', ' ')} ({frame.attrs['y_unit']})"
        set_linear_axis(figure, "y", panel[[y, "low", "high"]].to_numpy(float).ravel(), y, row=row, title=title)
        across = means[[X, "x_low", "x_high"]].to_numpy(float).ravel()
        set_linear_axis(figure, "x", across, X, row=row, title=None if row == len(targets) else "")
    return figure


figure = Figure("The loss upstream and the loss after transfer", "compare", prepare, draw, Options)
