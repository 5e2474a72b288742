"""Noisy weights: bits of the weights against bits of the data, and the test error (Hinton and van Camp 1993, COLT)."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from lab.figures import Figure, NoOptions
from lab.figures.framing.descriptions import SEEDS, make_missing
from lab.figures.framing.series import average_seeds, keep_positive
from lab.figures.ink.axes import set_linear_axis, set_log_axis
from lab.figures.ink.marks import add_intervals, add_line, new_figure
from lab.figures.ink.palette import choose_looks
from lab.tables import Tables

X, Y, ERROR = "kl_weight", "description_bits", "test_error"
SERIES = {
    "weight_bits": "weights",
    "data_bits": "data, given the weights",
    "variational_bits": "total, variational",
    "prequential_block_bits": "prequential",
    ERROR: "test error",
}


def prepare(tables: Tables, options: NoOptions) -> pd.DataFrame:
    """Rows by `mark`: 'run' and 'mean' (over seeds, with interval) of each series, bits or the test error."""
    runs = keep_positive(tables.runs, X, "examples", ERROR)
    runs = runs[runs["status"] == "done"] if len(runs) else runs
    if runs.empty:
        return make_missing(tables, "noisy_weights")
    rows = runs.melt(["run_key", "seed", X], list(SERIES), var_name="series", value_name=Y).assign(mark="run")
    means = average_seeds(rows, ["series", X], Y).assign(mark="mean")
    frame = pd.concat([rows, means], ignore_index=True)
    total = means[means["series"] == "variational_bits"].set_index(X)[Y].idxmin()
    error = means[means["series"] == ERROR].set_index(X)[Y].idxmin()
    least = f"The mean total is least at weight {total:g}, the mean test error at {error:g}"
    frame.attrs = {"x": X, "y": Y, "notes": [SEEDS, f"{runs['examples'].iloc[0]:.0f} examples", least]}
    return frame


def draw(frame: pd.DataFrame) -> go.Figure:
    """Bits above, test error below; the weight is logarithmic."""
    figure = new_figure((0.62, 0.4))
    means = frame[frame["mark"] == "mean"]
    for series, look in choose_looks(list(SERIES)).items():
        own, row = means[means["series"] == series].sort_values(X), 2 if series == ERROR else 1
        add_line(figure, own[X], own[Y], look, SERIES[series], row=row, width=1.2, legend=False)
        add_intervals(figure, own, X, Y, look, SERIES[series], row=row)
    bits, error = means[means["series"] != ERROR], means[means["series"] == ERROR]
    set_log_axis(figure, "x", frame[X], X, title="")
    figure.update_xaxes(showticklabels=False, row=1, col=1)
    set_log_axis(figure, "x", frame[X], X, row=2)
    set_linear_axis(figure, "y", [*bits["low"], *bits["high"]], Y)
    set_log_axis(figure, "y", [*error[Y], *error["low"], *error["high"]], ERROR, row=2, title="Test error")
    return figure


figure = Figure("Bits of the weights, bits of the data", "noisy weights", prepare, draw, page="mdl")
