"""The order each code chooses, against the length of the data: short data bear simple models only (Grünwald 2004)."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from lab.analysis.complexity.descriptions import choose_orders, list_panels
from lab.figures import Figure
from lab.figures.framing.descriptions import SEEDS, TITLES, DataOptions, choose_data, join_means, make_missing
from lab.figures.ink.axes import set_linear_axis, set_log_axis
from lab.figures.ink.marks import add_intervals, add_line, add_reference, new_figure
from lab.figures.ink.palette import choose_looks
from lab.tables import Tables

X, Y = "tokens", "order"


def prepare(tables: Tables, options: DataOptions) -> pd.DataFrame:
    """Rows by `mark`: 'run' (the order a code chooses), 'mean' (over seeds, with interval), 'truth'."""
    panels = choose_data(list_panels(tables), options.data)
    chosen = choose_orders(panels[panels["code"] != "nml"]) if len(panels) else panels  # exact at low orders alone
    if chosen.empty:
        return make_missing(tables, "mdl_tutorial")
    frame = join_means(chosen[["run_key", "seed", "code", X, Y, "lead_bits"]], X, Y)
    ends = [frame[X].min(), frame[X].max()]
    truth = pd.DataFrame({"mark": "truth", "code": "true order", X: ends, Y: chosen["true_order"].iloc[0]})
    frame = pd.concat([frame, truth], ignore_index=True)
    frame.attrs = {"x": X, "y": Y, "notes": [SEEDS]}
    return frame


def draw(frame: pd.DataFrame) -> go.Figure:
    """A line per code over a dashed reference."""
    figure = new_figure()
    truth, means = frame[frame["mark"] == "truth"], frame[frame["mark"] == "mean"]
    add_reference(figure, (truth[X].min(), truth[X].max()), truth[Y].iloc[0], truth["code"].iloc[0])
    for code in frame.loc[frame["mark"] == "run", "code"].unique():
        look = choose_looks(TITLES)[code]
        own = means[means["code"] == code].sort_values(X)
        add_line(figure, own[X], own[Y], look, TITLES[code], width=1.2, legend=False)
        add_intervals(figure, own, X, Y, look, TITLES[code])
    set_log_axis(figure, "x", frame[X], X, title="Symbols described n (tokens)")
    set_linear_axis(figure, "y", [*means[Y], *truth[Y], 0.0], Y, title="Order chosen")
    return figure


figure = Figure("The order each code chooses", "model selection", prepare, draw, DataOptions, page="mdl")
