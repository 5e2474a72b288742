"""Code length against order: every code's description of the longest sequences, over the best fit of the true order.

A fit in hindsight only falls with the order; a description rises again, and its least names a model (Grünwald 2004).
"""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from lab.analysis.complexity.descriptions import list_panels
from lab.figures import Figure
from lab.figures.framing.descriptions import SEEDS, TITLES, DataOptions, choose_data, join_means, make_missing
from lab.figures.framing.series import keep_positive
from lab.figures.ink.axes import set_linear_axis, set_log_axis
from lab.figures.ink.marks import add_intervals, add_line, new_figure
from lab.figures.ink.palette import choose_looks
from lab.tables import Tables

X, Y = "order", "above_truth_bits"


def prepare(tables: Tables, options: DataOptions) -> pd.DataFrame:
    """Rows by `mark`: 'run' (a run's length by a code at an order) and 'mean' (over seeds, with interval)."""
    panels = choose_data(list_panels(tables), options.data)
    if panels.empty:
        return make_missing(tables, "mdl_tutorial")
    panels = panels[panels["tokens"] == panels["tokens"].max()]
    shortest = panels.loc[panels.groupby("run_key")["description_bits"].idxmin()].set_index("run_key")["order"]
    base = panels["true_order"].fillna(panels["run_key"].map(shortest))
    fits = (panels["description_bits"] - panels["regret_bits"])[panels["order"] == base]
    best = fits.groupby(panels["run_key"]).first()
    rows = panels.assign(**{Y: panels["description_bits"] - panels["run_key"].map(best)})
    rows = keep_positive(rows, Y)[["run_key", "seed", "code", X, Y]]
    frame = join_means(rows, X, Y)
    order, tokens = panels["true_order"].iloc[0], panels["tokens"].iloc[0]
    truth = "no true order is known" if pd.isna(order) else f"true order {order:.0f}"
    frame.attrs = {"x": X, "y": Y, "notes": [f"{tokens:.0f} examples, {truth}", SEEDS]}
    return frame


def draw(frame: pd.DataFrame) -> go.Figure:
    """A line per code; the lengths are logarithmic."""
    figure = new_figure()
    means = frame[frame["mark"] == "mean"]
    for code in frame["code"].unique():
        look = choose_looks(TITLES)[code]
        own = means[means["code"] == code].sort_values(X)
        add_line(figure, own[X], own[Y], look, TITLES[code], width=1.2, legend=False)
        add_intervals(figure, own, X, Y, look, TITLES[code])
    set_linear_axis(figure, "x", frame[X], X)
    set_log_axis(figure, "y", frame[Y], Y)
    return figure


figure = Figure("Code length against order", "model selection", prepare, draw, DataOptions, page="mdl")
