"""Complexity along training: how much of a net's weights, activations and predictions is structure, beside an untrained
net's.

After the coffee automaton (Aaronson, Carroll & Ouellette 2014, arXiv 1405.6903), whose hump vanished beside its null:
what is drawn is the share of the shuffled code length that the order of the same symbols saves.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from lab.figures import Figure
from lab.figures.framing.series import average_seeds, make_empty
from lab.figures.ink.axes import set_linear_axis, set_log_axis
from lab.figures.ink.marks import add_band, add_line, new_figure, split_marks
from lab.figures.ink.palette import Look, choose_looks
from lab.tables import Tables

X, Y = "tokens", "structure_share"
RUN_COMMAND = "lab run training_complexity --preset smoke"


@dataclass(frozen=True)
class Options:
    """`part`: of the net."""

    part: Literal["activations", "weights", "predictions"] = "activations"


def prepare(tables: Tables, options: Options) -> pd.DataFrame:
    """Rows by `mark`: 'run' (a run at one point), 'mean' (over runs alike but for the seed, with its interval),
    'untrained' (the mean for an untrained net) and, where nets can be reordered, 'permuted'.
    """
    own, permuted = f"{options.part}_bits", f"{options.part}_permuted_bits"
    curves = tables.curves.dropna(subset=[own]) if own in tables.curves else tables.curves.iloc[:0]
    if curves.empty:
        return make_empty(tables, f"No run was described along its training: `{RUN_COMMAND}` describes some.")
    names = dict(zip(tables.runs["run_key"], _name_series(tables.runs), strict=True))
    seeds = dict(zip(tables.runs["run_key"], tables.runs["seed"], strict=True))
    null = curves[f"{options.part}_null_bits"]
    runs = pd.DataFrame(
        {
            "mark": "run",
            "series": curves["run_key"].map(names),
            "run_key": curves["run_key"],
            "seed": curves["run_key"].map(seeds),
            X: curves[X],
            Y: 1 - curves[own] / null,
            "untrained": 1 - curves[f"{options.part}_untrained_bits"] / curves[f"{options.part}_untrained_null_bits"],
            "permuted": 1 - curves[permuted] / null if permuted in curves else np.nan,
        }
    ).sort_values(["series", X])
    means = average_seeds(runs, ["series", X], Y).assign(mark="mean")
    others = [_average(runs, mark) for mark in ("untrained", "permuted") if runs[mark].notna().any()]
    frame: pd.DataFrame = pd.concat([runs, means, *others], ignore_index=True)
    order = "dashed: its units in another order, the same function"
    if options.part == "predictions":
        order = "the order of a net's units does not change its predictions"
    elif runs["permuted"].isna().any():
        order = "no dashed line where a family does not say how its units can be reordered"
    notes = [
        f"Code length of the {options.part} against the same symbols shuffled: 0 is no structure that a code sees",
        f"Bands: 95 % interval over seeds; dotted: an untrained net on the same inputs; {order}",
    ]
    frame.attrs = {"x": X, "y": Y, "notes": notes}
    return frame


def _average(runs: pd.DataFrame, mark: str) -> pd.DataFrame:
    """The mean of the column over seeds, as rows of that mark."""
    means: pd.DataFrame = average_seeds(runs.dropna(subset=[mark]), ["series", X], mark)[["series", X, mark]]
    return means.rename(columns={mark: Y}).assign(mark=mark)


def _name_series(runs: pd.DataFrame) -> pd.Series:
    """'bytes_text, N = 33.2 k, step': what tells runs apart beside the seed."""
    names: pd.Series = runs["source"].astype(str) + ", width " + runs["size"].map("{:g}".format)
    if "quantising" in runs and runs["quantising"].astype(str).str.len().gt(0).all():
        names = names + ", " + runs["quantising"].astype(str) + " " + runs["levels"].map("{:g}".format)
    return names


def draw(frame: pd.DataFrame) -> go.Figure:
    """Tokens logarithmic; a look per series, its nulls dotted and dashed in the same colour."""
    figure, marks = new_figure(), split_marks(frame)
    for name, look in choose_looks(marks["mean"]["series"].unique()).items():
        mean = marks["mean"][marks["mean"]["series"] == name]
        if mean["low"].notna().any():
            add_band(figure, mean[X], mean["low"], mean["high"], look, str(name), legend=False)
        add_line(figure, mean[X], mean[Y], Look(look.color, look.symbol, "solid"), str(name))
        for mark, dash in (("untrained", "dot"), ("permuted", "dash")):
            if mark in marks:
                null = marks[mark][marks[mark]["series"] == name]
                add_line(figure, null[X], null[Y], Look(look.color, look.symbol, dash), str(name), legend=False)
    set_log_axis(figure, "x", frame[X], X)
    set_linear_axis(figure, "y", np.r_[frame[Y].dropna(), frame["low"].dropna(), frame["high"].dropna()], Y)
    return figure


figure = Figure("Complexity along training", "complexodynamics", prepare, draw, Options, page="epiplexity")
