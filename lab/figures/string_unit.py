"""How well one unit tells that a string literal is open, by how much the net has read, beside an untrained net's.

After Karpathy, Johnson & Fei-Fei 2015 (arXiv 1506.02078), figure 2: cells that are on inside quotes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import pandas as pd
import plotly.graph_objects as go

from lab.figures import Figure
from lab.figures.framing.series import average_seeds, keep_positive, make_empty
from lab.figures.ink.axes import set_linear_axis, set_log_axis
from lab.figures.ink.marks import add_intervals, add_line, add_reference, new_figure, split_marks
from lab.figures.ink.palette import Look, choose_looks
from lab.tables import Tables

CHANCE = 0.5
SIDES = {
    "one unit": {"trained": "string_auc", "untrained": "string_untrained_auc"},
    "all units": {"trained": "string_linear_auc", "untrained": "string_untrained_linear_auc"},
}


@dataclass(frozen=True)
class Options:
    """`units`: the one that tells best, or all together by a linear probe."""

    units: Literal["one unit", "all units"] = "one unit"


def prepare(tables: Tables, options: Options) -> pd.DataFrame:
    """Rows by `mark`: 'trained' and 'untrained' (mean over seeds with interval, in `string_auc`), 'chance', 'run'."""
    columns = SIDES[options.units]
    runs = keep_positive(tables.runs[tables.runs["status"].eq("done")], "tokens", *columns.values())
    if runs.empty:
        return make_empty(tables, "No finished run whose units were probed.")
    runs = runs.assign(series=runs["family"].str.replace("_", " "))
    parts = [
        average_seeds(runs, ["series", "tokens"], column).rename(columns={column: "string_auc"}).assign(mark=mark)
        for mark, column in columns.items()
    ]
    own = runs[["run_key", "series", "tokens"]].assign(mark="run", string_auc=runs[columns["trained"]].to_numpy(float))
    ends = pd.DataFrame(
        {"mark": "chance", "tokens": [runs["tokens"].min(), runs["tokens"].max()], "string_auc": CHANCE}
    )
    frame: pd.DataFrame = pd.concat([*parts, own, ends], ignore_index=True)
    told = "Means over seeds, bars 95 % (Student's t); hollow and dotted: an untrained net of the same shape"
    rule = (
        f"{options.units.capitalize()} of what enters the readout, fitted on half the documents, measured on the rest"
    )
    frame.attrs = {"x": "tokens", "y": "string_auc", "notes": [told, rule]}
    return frame


def draw(frame: pd.DataFrame) -> go.Figure:
    """A line per family, and a dotted one for its untrained net."""
    figure, marks = new_figure(), split_marks(frame)
    x, y = frame.attrs["x"], frame.attrs["y"]
    for name, look in choose_looks(marks["trained"]["series"].unique()).items():
        dotted = Look(look.color, look.symbol, "dot")
        for mark, own_look, label in (("trained", look, name), ("untrained", dotted, f"{name}, untrained")):
            own = marks[mark][marks[mark]["series"] == name].sort_values(x)
            add_line(figure, own[x], own[y], own_look, label, legend=False, width=1.2)
            add_intervals(figure, own, x, y, own_look, label, hollow=mark == "untrained")
    add_reference(figure, (frame[x].min(), frame[x].max()), CHANCE, "chance")
    set_log_axis(figure, "x", frame[x], x)
    set_linear_axis(figure, "y", frame[[y, "low", "high"]].to_numpy(float).ravel(), y, title="AUC, string open or not")
    return figure


figure = Figure("The unit that knows a string", "samples", prepare, draw, Options)
