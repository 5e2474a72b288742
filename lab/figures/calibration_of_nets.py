"""Calibration of classifiers against their size or their data, before a temperature and after (Guo et al. 2017)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import pandas as pd
import plotly.graph_objects as go

from lab.figures import Figure
from lab.figures.framing.series import average_seeds, make_empty
from lab.figures.ink.axes import set_linear_axis, set_log_axis
from lab.figures.ink.marks import add_intervals, add_line, new_figure
from lab.figures.ink.palette import choose_looks
from lab.tables import Tables

MEASURED = ("smooth_error", "squared_gap")
AFTER = "_recalibrated"


@dataclass(frozen=True)
class Options:
    """`x`: what differs; the other is held at its middle value. `y`: which error, or the temperature."""

    x: Literal["params_total", "examples"] = "params_total"
    y: Literal["smooth_error", "squared_gap", "temperature"] = "smooth_error"


def prepare(tables: Tables, options: Options) -> pd.DataFrame:
    """A row per family, value of x and state ('before' or 'after' a temperature): mean over seeds with interval."""
    x, y = options.x, options.y
    runs = tables.runs.reindex(columns=list(dict.fromkeys([*tables.runs, x, y, "examples"])))
    runs = runs[runs["status"].eq("done")].dropna(subset=[x, y, "size", "examples"])
    if runs.empty:
        return make_empty(tables, "No finished run whose calibration was measured.")
    runs = _hold_other(runs, "examples" if x == "params_total" else "size")
    states = {"": "", **({AFTER: ", after"} if y in MEASURED else {})}
    parts = [
        runs.assign(**{y: runs[f"{y}{ending}"], "series": runs["family"].str.replace("_", " ") + told})
        for ending, told in states.items()
        if f"{y}{ending}" in runs
    ]
    rows = pd.concat(parts)
    frame = average_seeds(rows, ["series", x], y)
    keys = rows.groupby(["series", x])["run_key"].first().rename("run_key").reset_index()
    frame = frame.merge(keys, on=["series", x])
    told = "Means over seeds with 95 % interval (Student's t); 'after': a temperature fitted to other held-out examples"
    bias = "The smooth error of a calibrated net is not 0 at this number of examples; the squared one is, on average"
    frame.attrs = {"x": x, "y": y, "notes": [told, bias]}
    return frame


def draw(frame: pd.DataFrame) -> go.Figure:
    """A line per family and state."""
    figure, x, y = new_figure(), frame.attrs["x"], frame.attrs["y"]
    for name, look in choose_looks(frame["series"].unique()).items():
        means = frame[frame["series"] == name].sort_values(x)
        add_line(figure, means[x], means[y], look, name, legend=False, width=1.2)
        add_intervals(figure, means, x, y, look, name)
    set_log_axis(figure, "x", frame[x], x)
    set_linear_axis(figure, "y", frame[[y, "low", "high"]].to_numpy(float).ravel(), y)
    return figure


def _hold_other(runs: pd.DataFrame, other: str) -> pd.DataFrame:
    """The runs of each family at the value of `other` that most of its nets have."""
    most = runs.groupby("family")[other].transform(lambda values: values.mode().iloc[0])
    return runs[runs[other].eq(most)]


figure = Figure("Calibration of classifiers", "calibration", prepare, draw, Options, page="images")
