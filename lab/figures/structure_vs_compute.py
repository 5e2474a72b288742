"""Structural and random bits by compute: along the hull of the checkpoints with the shortest total code.

Finzi et al. 2026, arXiv 2601.03220: more compute turns what looked random into structure; S and H are read off where
K(M) + 𝒟·L is least.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import pandas as pd
import plotly.graph_objects as go

from lab.analysis.complexity.code_lengths import Hull, trace_hull
from lab.core.units import format_count
from lab.figures import Figure
from lab.figures.framing.series import make_empty, name_sizes
from lab.figures.ink.axes import set_linear_axis, set_log_axis
from lab.figures.ink.marks import add_band, add_line, add_points, new_figure, split_marks
from lab.figures.ink.palette import NEUTRAL, Look, choose_looks
from lab.tables import Tables

X = "coding_flops"
ROWS = {"structural_bits": 1, "random_bits": 2}


@dataclass(frozen=True)
class Options:
    """`test_tokens`: how many are coded, as a multiple of the longest horizon."""

    test_tokens: Literal["0.1", "1", "10", "100"] = "1"


def prepare(tables: Tables, options: Options) -> pd.DataFrame:
    """Rows by `mark`: 'checkpoint' (its cost and both its codes), and 'structural_bits' and 'random_bits' (the best of
    every budget, mean over seeds with its interval).
    """
    test_tokens = float(options.test_tokens) * tables.runs["tokens"].max() if len(tables.runs) else 0.0
    hull = trace_hull(tables, test_tokens)
    if hull.points.empty:
        return make_empty(tables, f"No checkpoint with a code length: {hull.reason}.")
    names = dict(zip(tables.runs["run_key"], name_sizes(tables.runs), strict=True))
    points = hull.points.assign(mark="checkpoint", series=hull.points["run_key"].map(names))
    points = points.sort_values(["params_total", X])
    frame = pd.concat([points, *(_trace(hull, name) for name in hull.estimates if name in ROWS)], ignore_index=True)
    seeds = f"mean over {hull.seeds} seeds and 95 % interval" if hull.seeds > 1 else "one seed, no interval"
    frame.attrs = {
        "x": X,
        "y": "structural_bits",
        "notes": [
            f"{format_count(test_tokens)} test tokens; line: the hull of the shortest total codes, {seeds}; "
            "points: checkpoints before cooling",
            hull.reason,
        ],
    }
    return frame


def _trace(hull: Hull, name: str) -> pd.DataFrame:
    found = hull.estimates[name]
    columns = {name: [e.value for e in found], "low": [e.low for e in found], "high": [e.high for e in found]}
    return pd.DataFrame({"mark": name, "series": "shortest code", X: hull.compute, **columns})


def draw(frame: pd.DataFrame) -> go.Figure:
    """S above, H below; compute on a common logarithmic axis, S linear, H logarithmic."""
    figure, marks = new_figure((0.6, 0.6)), split_marks(frame)
    looks = choose_looks(marks["checkpoint"]["series"].unique())
    best = Look(NEUTRAL.color, "circle", "solid")
    for name, row in ROWS.items():
        for series, own in marks["checkpoint"].groupby("series", sort=False):
            add_points(figure, own, X, name, looks[str(series)], str(series), row=row, faint=True, legend=row == 1)
        line = marks.get(name)
        if line is not None and line["low"].notna().any():
            add_band(figure, line[X], line["low"], line["high"], best, "shortest code", row=row, legend=False)
        if line is not None:
            add_line(figure, line[X], line[name], best, "shortest code", row=row, legend=row == 1)
    spread = frame.loc[frame["mark"] == "structural_bits", ["low", "high"]].to_numpy(float).ravel()
    set_linear_axis(figure, "y", [*frame["structural_bits"].dropna(), *spread], "structural_bits")
    set_log_axis(figure, "y", frame["random_bits"].dropna(), "random_bits", row=2)
    set_log_axis(figure, "x", frame[X], X, title="")
    figure.update_xaxes(showticklabels=False, row=1, col=1)
    set_log_axis(figure, "x", frame[X], X, row=2)
    return figure


figure = Figure("Structure and randomness by compute", "structure", prepare, draw, Options, page="epiplexity")
