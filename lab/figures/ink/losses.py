"""Ink of the figures of loss against one predictor; the frame is that of `lab.figures.framing.losses`."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from lab.figures.ink.axes import set_log_axis
from lab.figures.ink.marks import (
    add_band,
    add_intervals,
    add_line,
    add_note,
    add_points,
    add_reference,
    new_figure,
    split_marks,
)
from lab.figures.ink.palette import EXCLUDED, NEUTRAL, Look, choose_looks


def draw_losses(frame: pd.DataFrame) -> go.Figure:
    """Both axes logarithmic; a look per series; the law in ink with its band, the floor as a dotted reference."""
    x, y = frame.attrs["x"], frame.attrs["y"]
    figure = new_figure()
    marks = split_marks(frame)
    draw_law(figure, marks, x, y)
    if (out := marks.get("left out")) is not None:
        add_points(figure, out, x, y, EXCLUDED, f"left out ({len(out)})", faint=True)
        figure.data[-1].legendrank = 1200
    runs, means = marks["run"], marks["mean"]
    for name, look in choose_looks(runs["series"].unique()).items():
        own, mean = runs[runs["series"] == name], means[means["series"] == name].sort_values(x)
        add_points(figure, own, x, y, look, name, faint=True, legend=False)
        add_line(figure, mean[x], mean[y], look, name, width=1.2, legend=False)
        add_intervals(figure, mean, x, y, look, name)
    if "refused" in frame.attrs:
        add_note(figure, frame.attrs["refused"])
    set_log_axis(figure, "x", frame[x], x)
    set_log_axis(figure, "y", frame.loc[frame["mark"] != "law", y], y)
    return figure


def draw_law(figure: go.Figure, marks: dict[str, pd.DataFrame], x: str, y: str) -> None:
    """The law's band and curve, and the known floor, where the frame has them."""
    if (law := marks.get("law")) is not None:
        name = law["series"].iloc[0]
        add_band(figure, law[x], law["low"], law["high"], NEUTRAL, name, legend=False)
        add_line(figure, law[x], law[y], Look(NEUTRAL.color, "circle", "solid"), name, width=1.6)
        figure.data[-1].legendrank = 1100
    if (floor := marks.get("floor")) is not None:
        span = (floor[x].min(), floor[x].max())
        add_reference(figure, span, floor[y].iloc[0], floor["series"].iloc[0], dash="dot")
        figure.data[-1].legendrank = 1150
