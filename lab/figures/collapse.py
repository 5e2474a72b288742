"""Normalised curves of compute-optimal runs of all sizes, and their spread over sizes and over seeds.

Qiu et al. 2025 (arXiv 2507.02119): where a recipe is scaled rightly the curves fall on one another.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import pandas as pd
import plotly.graph_objects as go

from lab.analysis.comparisons.collapse import measure_collapse
from lab.core.units import format_count
from lab.figures import Figure
from lab.figures.framing.series import make_empty
from lab.figures.ink.axes import set_log_axis
from lab.figures.ink.marks import add_line, add_points, new_figure, split_marks
from lab.figures.ink.palette import Look, choose_looks
from lab.tables import Tables


@dataclass(frozen=True)
class Options:
    """`convention`: which N decides what is compute-optimal."""

    convention: Literal["params_total", "params_body"] = "params_total"


def prepare(tables: Tables, options: Options) -> pd.DataFrame:
    """Rows by `mark`: 'curve' (a size's mean normalised curve), 'run' (one run's) and 'spread' (over sizes, seeds)."""
    if tables.curves.empty:
        return make_empty(tables, "No run of this study carries a learning curve.")
    found = measure_collapse(tables, options.convention)
    if found.reason:
        return make_empty(tables, found.describe())
    sizes = found.curves[options.convention]
    runs = found.curves.assign(mark="run", series=sizes.map(lambda n: f"N = {format_count(n)}"), order=sizes)
    curves: pd.DataFrame = (
        runs.groupby(["order", "series", "share"], as_index=False)["normalised"].mean().assign(mark="curve")
    )
    spread = found.spread.melt("share", var_name="series", value_name="spread").assign(mark="spread")
    spread["series"] = spread["series"].str.replace("_", " ")
    parts = [curves.sort_values(["order", "share"]), runs, spread[spread["share"] < 1]]
    frame: pd.DataFrame = pd.concat(parts, ignore_index=True)
    frame.attrs = {
        "x": "share",
        "y": "normalised",
        "notes": [
            "Share of the run's tokens; loss above E, over that of the run's end",
            "Runs of each size at the horizon nearest to its compute-optimal one, which the joint law tells, as E",
            found.describe(),
            *(f"Left out: {told}" for told in found.left_out),
        ],
    }
    return frame


def draw(frame: pd.DataFrame) -> go.Figure:
    """Curves above, spread below; every axis logarithmic."""
    marks, figure = split_marks(frame), new_figure((0.62, 0.4))
    looks = choose_looks(marks["curve"]["series"].unique())
    for name, own in marks["curve"].groupby("series", sort=False):
        add_line(figure, own["share"], own["normalised"], Look(looks[name].color, "circle", "solid"), str(name))
        runs = marks["run"][marks["run"]["series"] == name]
        add_points(figure, runs, "share", "normalised", looks[name], str(name), faint=True, legend=False)
    named = choose_looks([*looks, *marks["spread"]["series"].unique()])
    for name, own in marks["spread"].groupby("series", sort=False):
        add_line(figure, own["share"], own["spread"], named[name], f"spread {name}", row=2)
    set_log_axis(figure, "x", frame["share"], "share", title="")
    figure.update_xaxes(showticklabels=False, row=1, col=1)
    set_log_axis(figure, "x", frame["share"], "share", row=2, title="Share of the run's tokens x")
    set_log_axis(figure, "y", marks["run"]["normalised"], "normalised", title="(L(x) − E) / (L(1) − E)")
    set_log_axis(figure, "y", marks["spread"]["spread"], "spread", row=2, title="Relative spread")
    return figure


figure = Figure("Collapse of compute-optimal curves", "training", prepare, draw, Options)
