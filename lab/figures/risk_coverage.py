"""Whom to answer: the share of failures among what is answered, against the share answered, most confident first.

El-Yaniv and Wiener 2010, JMLR 11: a model that knows what it does not know has a curve that falls to the left.
"""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from lab.figures import Figure, NoOptions
from lab.figures.framing.series import make_empty
from lab.figures.ink.axes import set_linear_axis
from lab.figures.ink.marks import add_band, add_line, add_reference, new_figure, split_marks
from lab.figures.ink.palette import Look, choose_looks
from lab.tables import Tables

X, Y = "coverage", "selective_risk"
MOST_SERIES = 6


def prepare(tables: Tables, options: NoOptions) -> pd.DataFrame:
    """Rows by `mark`: 'risk' (series; coverage, selective_risk, low, high), 'all' (the error rate), 'run'."""
    if Y not in tables.curves or not tables.curves[Y].notna().any():
        return make_empty(tables, "No curve of risk against coverage. Measure one:\nlab calibrate FILE --to figures")
    points = tables.curves[["run_key", X, Y, "low", "high"]].dropna(subset=[X, Y])
    points = points.merge(tables.runs[["run_key", "object", "recalibrator"]], on="run_key")
    several = len(points["object"].unique()) > 1
    points["series"] = points["recalibrator"].where(points["recalibrator"] != "none", "as it came")
    if several:
        points["series"] = points["object"] + points["series"].map(
            lambda name: f", {name}" if name != "as it came" else ""
        )
    shown = list(dict.fromkeys(points["series"]))
    kept = points[points["series"].isin(shown[:MOST_SERIES])].assign(mark="risk")
    everything = kept.groupby("series", sort=False).last().reset_index()[["series", Y]].assign(mark="all")
    runs = kept[["run_key"]].drop_duplicates().assign(mark="run")
    frame = pd.concat([kept, everything, runs], ignore_index=True)
    notes = ["Rows of equal confidence in every order; bands are 95 % basic bootstrap intervals over rows or groups"]
    if len(shown) > MOST_SERIES:
        notes.append(f"Not shown: {', '.join(shown[MOST_SERIES:])}")
    frame.attrs = {"x": X, "y": Y, "notes": notes}
    return frame


def draw(frame: pd.DataFrame) -> go.Figure:
    """A line with its band per series; dashed, the risk of answering everything."""
    marks, figure = split_marks(frame), new_figure()
    risk, everything = marks["risk"], marks["all"]
    looks = choose_looks(risk["series"].unique())
    for name, look in looks.items():
        own = risk[risk["series"] == name].sort_values(X)
        banded = own.dropna(subset=["low", "high"])
        if len(banded):
            add_band(figure, banded[X], banded["low"], banded["high"], look, str(name), legend=False)
        add_line(figure, own[X], own[Y], Look(look.color, look.symbol, "solid"), str(name))
    if len(everything[Y].round(12).unique()) == 1:  # recalibration that keeps the likeliest class keeps it
        add_reference(figure, (0.0, 1.0), everything[Y].iloc[0], "everything answered")
    set_linear_axis(figure, "x", [0.0, 1.0], X)
    set_linear_axis(figure, "y", [0.0, *risk[[Y, "low", "high"]].to_numpy(float).ravel()], Y)
    return figure


figure = Figure("Risk against coverage", "selection", prepare, draw, page="calibration")
