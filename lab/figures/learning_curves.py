"""Learning curves: the loss while a run trains, with the cooled endpoints that are fitted.

Under a warm-up–stable–decay schedule (Hu et al. 2024, arXiv 2404.06395, section 4) one trunk at a constant rate serves
many horizons: the curve falls slowly along the trunk, and fast along each cooldown.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from lab.figures import Figure
from lab.figures.framing.series import keep_best_rates, keep_positive, make_empty, name_sizes
from lab.figures.ink.axes import set_log_axis
from lab.figures.ink.marks import add_line, add_points, new_figure
from lab.figures.ink.palette import choose_looks
from lab.tables import Tables

MOST_POINTS = 50_000  # a browser draws these at once; beyond, every k-th point of each curve


@dataclass(frozen=True)
class Options:
    """`x`: what the loss is drawn against; `loss`: on held-out windows or on the batches; `rates`: which runs."""

    x: Literal["tokens", "flops", "cpu_seconds"] = "tokens"
    loss: Literal["loss_nats", "train_loss_nats"] = "loss_nats"
    rates: Literal["best", "all"] = "best"


def prepare(tables: Tables, options: Options) -> pd.DataFrame:
    """A row per run and evaluation: series, run_key, the chosen x and loss; `mark` tells a curve from its end."""
    runs = keep_best_rates(tables.runs) if options.rates == "best" else tables.runs
    if tables.curves.empty or runs.empty:
        return make_empty(tables, "No run of this study carries a learning curve.")
    sizes = runs.assign(series=name_sizes(runs))[["run_key", "params_total", "seed", "series"]]
    curves = keep_positive(tables.curves, options.x, options.loss)
    frame = curves[["run_key", options.x, options.loss]].merge(sizes, on="run_key")
    if frame.empty:
        return make_empty(tables, "The curves of this study lack what is to be drawn.", "Choose another x or loss.")
    frame = frame.sort_values(["params_total", "run_key", options.x], ignore_index=True)
    last = frame.groupby("run_key").cumcount(ascending=False) == 0
    thin = 1 + len(frame) // MOST_POINTS
    frame = frame.assign(mark=np.where(last, "end", "curve"))[last | (frame.index % thin == 0)]
    frame.attrs = {
        "x": options.x,
        "y": options.loss,
        "notes": [
            "Lines: one run each, branches begin with their trunk; open markers: the cooled end of a run",
            "Runs at the best learning rate found" if options.rates == "best" else "Runs at every learning rate tried",
        ],
    }
    return frame


def draw(frame: pd.DataFrame) -> go.Figure:
    """A colour per size; both axes logarithmic."""
    x, y = frame.attrs["x"], frame.attrs["y"]
    figure = new_figure()
    for name, look in choose_looks(frame["series"].unique()).items():
        rows = frame[frame["series"] == name]
        gap = pd.DataFrame({x: [np.nan], y: [np.nan]})
        joined = pd.concat([part for _, run in rows.groupby("run_key") for part in (run[[x, y]], gap)])
        add_line(figure, joined[x], joined[y], look, name, width=1.2, opacity=0.6, legend=False)
        add_points(figure, rows[rows["mark"] == "end"], x, y, look, name, hollow=True)
    set_log_axis(figure, "x", frame[x], x)
    set_log_axis(figure, "y", frame[y], y)
    return figure


figure = Figure("Learning curves", "training", prepare, draw, Options)
