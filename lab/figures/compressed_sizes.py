"""Bits per byte of compressed text by code: packers, contexts, a net that learns on the way, and the two mixed.

The comparison of Delétang et al. 2024 (arXiv 2309.10668, table 1), with nets that start at random.
"""

from __future__ import annotations

from html import escape

import pandas as pd
import plotly.graph_objects as go

from lab.figures import Figure, NoOptions
from lab.figures.framing.series import average_seeds, make_empty
from lab.figures.ink.axes import set_linear_axis
from lab.figures.ink.marks import add_points, new_figure, split_marks
from lab.figures.ink.palette import Look, choose_looks
from lab.tables import Tables

RATE = "bits_per_symbol"
SPREAD = 0.32  # of a code's runs about its line
NAMES = {"lzma": "xz", "ppmd": "PPMd", "context_mixing": "contexts", "network": "{} alone", "mixture": "{} + contexts"}


def prepare(tables: Tables, options: NoOptions) -> pd.DataFrame:
    """Rows by `mark`: 'run' (a stretch by a code) and 'mean' (a code over stretches, with its interval)."""
    known = {"code", "head_bits", RATE} <= set(tables.runs)
    runs = tables.runs[tables.runs["head_bits"].notna() & (tables.runs["status"] == "done")] if known else None
    if runs is None or runs.empty:
        return make_empty(tables, "No text was compressed.")
    longest = runs["symbols"].max()
    runs = runs[runs["symbols"] == longest]
    runs = runs.assign(series=[NAMES.get(c, c).format(f) for c, f in zip(runs["code"], runs["family"], strict=True)])
    order = runs.groupby("series")[RATE].mean().sort_values(ascending=False).index
    lines = {name: float(k) for k, name in enumerate(order)}
    runs = runs.assign(mark="run", line=runs["series"].map(lines))
    runs["line"] += SPREAD * (runs.groupby("series")[RATE].rank(method="first", pct=True) - 0.5)
    means = average_seeds(runs, ["series"], RATE).assign(mark="mean")
    means["line"] = means["series"].map(lines)
    wanted = ["mark", "series", "code", "family", "object", RATE, "line", "run_key"]
    frame: pd.DataFrame = pd.concat([means, runs[wanted]], ignore_index=True)
    heads = runs["head_bits"][runs["code"] == "mixture"].mean() / 8
    frame.attrs = {
        "x": RATE,
        "y": "code",
        "lines": lines,
        "notes": [
            f"Files of {longest:,.0f} bytes each, every one read again",
            "Diamonds: means, with 95 % intervals over files; dots: the files",
            f"Of what a net codes, {heads:.0f} bytes are head" if heads == heads else "",
        ],
    }
    return frame


def draw(frame: pd.DataFrame) -> go.Figure:
    """A line per code, the shortest on top."""
    marks, lines = split_marks(frame), frame.attrs["lines"]
    figure = new_figure((0.4 + 0.09 * len(lines),))
    for name, look in choose_looks(lines).items():
        runs, means = (marks[mark][marks[mark]["series"] == name] for mark in ("run", "mean"))
        add_points(figure, runs, RATE, "line", Look(look.color, "circle", "solid"), name, faint=True, legend=False)
        add_points(figure, means, RATE, "line", Look(look.color, "diamond", "solid"), name, legend=False)
        ends = {"array": means["high"] - means[RATE], "arrayminus": means[RATE] - means["low"]}
        style = {"type": "data", "symmetric": False, "color": look.color, "thickness": 1.6, "width": 4}
        figure.data[-1].update(error_x={**style, **{end: values.to_numpy(float) for end, values in ends.items()}})
    set_linear_axis(figure, "x", [0.0, *frame[RATE]], RATE)
    set_linear_axis(figure, "y", [-0.4, len(lines) - 0.6], "code", title="")
    figure.update_yaxes(tickvals=list(lines.values()), ticktext=[escape(name) for name in lines], showgrid=False)
    return figure


figure = Figure("Compressed size by code", "compressor", prepare, draw, NoOptions, "complexity")
