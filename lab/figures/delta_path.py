"""The parameters of a law against the δ of Huber's loss, from least absolute deviations to least squares.

δ is a choice that published fits differ in (0.001 in Hoffmann et al. 2022, arXiv 2203.15556; its limit 0 in
Besiroglu et al. 2024, arXiv 2404.10102) and few show the effect of.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from lab.analysis.laws.delta_path import DELTAS, LARGEST, LEAST, follow_delta, tabulate_path
from lab.figures import Figure
from lab.figures.framing.law import GREEK
from lab.figures.framing.series import make_empty
from lab.figures.ink.axes import set_linear_axis, set_log_axis
from lab.figures.ink.marks import add_line, add_points, add_reference, new_figure, split_marks
from lab.figures.ink.palette import INK, Look, choose_looks
from lab.scaling import Huber
from lab.tables import Tables

DELTA, CHANGE = "delta", "change"
LIMITS = {LEAST: DELTAS[0] / 5, LARGEST: DELTAS[-1] * 5}  # where the two limits are drawn, beyond the axis's numbers
TITLES = {
    "percent": "Change from the default δ (%)",
    "interval": "Change (widths of the 95 % interval)",
}


@dataclass(frozen=True)
class Options:
    """`law`: fitted to the same runs at every δ; `convention`: what N counts; `unit`: of the change, a share of the
    parameter's value or of the width of its own interval at the default δ.
    """

    law: Literal["chinchilla", "power", "pure_power"] = "chinchilla"
    convention: Literal["params_total", "params_body", "params_active"] = "params_total"
    unit: Literal["percent", "interval"] = "percent"


def prepare(tables: Tables, options: Options) -> pd.DataFrame:
    """Rows by `mark`: 'path' (a parameter at one δ), 'limit' (absolute deviations, squares), 'run' (those fitted)."""
    fits = follow_delta(tables, options.law, options.convention)
    if len(fits) == 1:
        fit = fits[0].fit
        return make_empty(
            tables, f"No path: {fit.reason or 'no run to fit'}.", "" if fits[0].rows_used.empty else fit.next_step
        )
    frame = tabulate_path(fits)
    frame[CHANGE] = frame["change_percent" if options.unit == "percent" else "change_share"]
    limit = frame[DELTA].isin(LIMITS)
    frame = frame.assign(mark=np.where(limit, "limit", "path"), **{DELTA: frame[DELTA].replace(LIMITS)})
    frame = frame[np.isfinite(frame[CHANGE].to_numpy(float))]
    default = pd.DataFrame(
        {"mark": "default", DELTA: Huber().delta, CHANGE: [frame[CHANGE].min(), frame[CHANGE].max()]}
    )
    runs = fits[0].rows_used[["run_key"]].assign(mark="run")
    path: pd.DataFrame = pd.concat([frame, default, runs], ignore_index=True)
    path.attrs = {
        "x": DELTA,
        "y": CHANGE,
        "notes": _describe(fits[0].title, options.law, frame),
        "title": TITLES[options.unit],
    }
    return path


def draw(frame: pd.DataFrame) -> go.Figure:
    """A line per parameter; open markers at either end are the limits, the vertical line is the default δ."""
    figure = new_figure()
    marks = split_marks(frame)
    path, limits, default = marks["path"], marks["limit"], marks["default"]
    shown = pd.concat([path, limits])
    add_reference(figure, (shown[DELTA].min(), shown[DELTA].max()), 0.0, "zero")
    figure.data[-1].showlegend = False
    add_line(
        figure, default[DELTA], default[CHANGE], Look(INK, "circle", "dot"), f"default δ = {Huber().delta:g}", width=1.4
    )
    figure.data[-1].legendrank = 1100
    for name, look in choose_looks(path["name"].unique()).items():
        own, ends = path[path["name"] == name], limits[limits["name"] == name]
        add_line(figure, own[DELTA], own[CHANGE], look, GREEK.get(str(name), str(name)))
        add_points(figure, ends, DELTA, CHANGE, look, GREEK.get(str(name), str(name)), legend=False, hollow=True)
    set_log_axis(figure, "x", shown[DELTA], DELTA, title="Bend δ; left end LAD, right end squares")
    set_linear_axis(figure, "y", shown[CHANGE], CHANGE, title=frame.attrs["title"])
    return figure


def _describe(title: str, law: str, frame: pd.DataFrame) -> list[str]:
    told = []
    for name, own in frame.groupby("name", sort=False):
        ends = own.sort_values(DELTA)["value"]
        told.append(f"{name} {ends.iloc[0]:.4g} to {ends.iloc[-1]:.4g}, between {ends.min():.4g} and {ends.max():.4g}")
    return [
        f"{title}, law {law}, fitted by Huber's loss on the log loss at every δ; open markers left: least absolute "
        "deviations, right: least squares",
        f"From left to right: {'; '.join(told)}",
    ]


figure = Figure("What the δ of Huber's loss does", "law", prepare, draw, Options)
