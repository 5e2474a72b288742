"""What nets write, by how much they have read: the share that reads as Python, and the loss in bits per byte.

After Karpathy, Johnson & Fei-Fei 2015 (arXiv 1506.02078).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import pandas as pd
import plotly.graph_objects as go

from lab.figures import Figure
from lab.figures.framing.series import average_seeds, keep_positive, make_empty
from lab.figures.ink.axes import set_linear_axis, set_log_axis
from lab.figures.ink.marks import add_intervals, add_line, new_figure, split_marks
from lab.figures.ink.palette import INK, Look, choose_looks
from lab.tables import Tables

STANDARDS = {"heldout_": "held-out text", "chain_": "chain of the text read", "shuffled_": "shuffled bytes"}
DASHES = ("solid", "dash", "dot")


@dataclass(frozen=True)
class Options:
    """`share`: what is asked of a text: that its tokens are Python's, that they begin so, or that it parses."""

    share: Literal["tokenised", "begun", "parsed"] = "tokenised"


def prepare(tables: Tables, options: Options) -> pd.DataFrame:
    """Rows by `mark`: 'share' (mean over seeds with interval), 'standard' (the same of other texts), 'loss', 'run'."""
    column = f"{options.share}_share"
    wanted = [column, *(f"{side}{column}" for side in STANDARDS), "bits_per_byte", "tokens"]
    runs = keep_positive(tables.runs[tables.runs["status"].eq("done")], "bits_per_byte", "tokens")
    runs = runs.dropna(subset=wanted) if set(wanted) <= set(runs) else runs.iloc[:0]
    if runs.empty:
        return make_empty(tables, "No finished run whose samples were read.")
    runs = runs.assign(series=_name_nets(runs))
    by = ["series", "tokens"]
    standards = [
        _average_shares(runs, ["tokens"], side + column).rename(columns={side + column: column}).assign(series=name)
        for side, name in STANDARDS.items()
    ]
    parts = [
        _average_shares(runs, by, column).assign(mark="share"),
        pd.concat(standards).assign(mark="standard"),
        average_seeds(runs, by, "bits_per_byte").assign(mark="loss"),
        runs[["run_key", *by, column]].assign(mark="run"),
    ]
    frame: pd.DataFrame = pd.concat(parts, ignore_index=True)
    samples = int(runs["samples"].median())
    frame.attrs = {
        "x": "tokens",
        "y": column,
        "notes": [
            f"{samples} samples a run, each cut behind its last complete line; means over seeds, 95 % within 0 … 1",
            "Grey: the same of real text cut alike, of a chain that copies what the net had read, of shuffled bytes",
        ],
    }
    return frame


def draw(frame: pd.DataFrame) -> go.Figure:
    """Shares above, with their standards in grey; bits per byte below."""
    figure, marks = new_figure((0.6, 0.4)), split_marks(frame)
    x, y = frame.attrs["x"], frame.attrs["y"]
    for (name, own), dash in zip(marks["standard"].groupby("series", sort=False), DASHES, strict=True):
        add_line(figure, own[x], own[y], Look(INK, "circle", dash), str(name), width=1.4)
    for name, look in choose_looks(marks["share"]["series"].unique()).items():
        for row, (mark, column) in enumerate((("share", y), ("loss", "bits_per_byte")), start=1):
            own = marks[mark][marks[mark]["series"] == name].sort_values(x)
            add_line(figure, own[x], own[column], look, name, row=row, legend=False, width=1.2)
            add_intervals(figure, own, x, column, look, name, row=row, legend=row == 1)
    shares = pd.concat([marks["share"], marks["standard"]])
    set_linear_axis(figure, "y", [0.0, *shares[[y, "low", "high"]].to_numpy(float).ravel()], y, title="Share of texts")
    losses = marks["loss"][["bits_per_byte", "low", "high"]].to_numpy(float).ravel()
    set_linear_axis(figure, "y", losses, "bits_per_byte", row=2, title="Loss (bits/byte)")
    set_log_axis(figure, "x", frame[x], x, title="")
    set_log_axis(figure, "x", frame[x], x, row=2)
    return figure


def _average_shares(runs: pd.DataFrame, by: list[str], column: str) -> pd.DataFrame:
    """As `average_seeds`, the interval cut to what a share can be."""
    means = average_seeds(runs, by, column)
    means[["low", "high"]] = means[["low", "high"]].clip(0.0, 1.0)
    return means


def _name_nets(runs: pd.DataFrame) -> pd.Series:
    """'lstm', with its size where there are several."""
    several = runs.groupby("family")["size"].transform("nunique") > 1
    named: pd.Series = runs["family"].str.replace("_", " ")
    return named.where(~several, named + " " + runs["size"].map("{:g}".format))


figure = Figure("What nets write that reads as Python", "samples", prepare, draw, Options)
