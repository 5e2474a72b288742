"""Regret at the true order against the length of the data: half a bit per parameter and doubling (Rissanen 1996)."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from lab.analysis.complexity.descriptions import estimate_slope, list_panels
from lab.figures import Figure
from lab.figures.framing.descriptions import SEEDS, TITLES, DataOptions, choose_data, join_means, make_missing
from lab.figures.ink.axes import set_linear_axis, set_log_axis
from lab.figures.ink.marks import add_intervals, add_line, new_figure
from lab.figures.ink.palette import choose_looks
from lab.tables import Tables

X, Y = "tokens", "regret_bits"


def prepare(tables: Tables, options: DataOptions) -> pd.DataFrame:
    """Rows by `mark`: 'run' and 'mean' (over seeds, with interval); `slope` is per parameter, with its interval."""
    panels = choose_data(list_panels(tables), options.data)
    rows = panels[panels["order"] == panels["true_order"]] if len(panels) else panels
    if rows.empty:
        return make_missing(tables, "mdl_tutorial")
    frame = join_means(rows[["run_key", "seed", "code", X, Y]], X, Y)
    order = rows["true_order"].iloc[0]
    slopes = {code: estimate_slope(panels, code, order) for code in rows["code"].unique()}
    frame["slope"] = frame["code"].map({code: slope.value for code, slope in slopes.items()})
    told = [f"{TITLES[code]}: {slope}" for code, slope in slopes.items()]
    parameters = rows["params_total"].iloc[0]
    notes = [f"True order {order:.0f}, parameters: {parameters:.0f}", SEEDS, f"Slopes: {'; '.join(told)}"]
    frame.attrs = {"x": X, "y": Y, "notes": notes}
    return frame


def draw(frame: pd.DataFrame) -> go.Figure:
    """A line per code, its slope in the legend; lengths of the data logarithmic."""
    figure = new_figure()
    means = frame[frame["mark"] == "mean"]
    for code in frame["code"].unique():
        look = choose_looks(TITLES)[code]
        own = means[means["code"] == code].sort_values(X)
        slope = own["slope"].iloc[0]
        name = TITLES[code] if pd.isna(slope) else f"{TITLES[code]}: {slope:.2f}"
        add_line(figure, own[X], own[Y], look, name, width=1.2, legend=False)
        add_intervals(figure, own, X, Y, look, name)
    set_log_axis(figure, "x", frame[X], X, title="Symbols described n (tokens)")
    set_linear_axis(figure, "y", means[Y], Y)
    return figure


figure = Figure("Regret against length", "regret", prepare, draw, DataOptions, page="mdl")
