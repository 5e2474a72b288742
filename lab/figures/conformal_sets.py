"""What a stated coverage costs: the mean size of conformal sets, and the coverage they had on rows held out.

Split conformal prediction (Papadopoulos et al. 2002): the coverage holds whatever the model; a better one has smaller
sets.
"""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from lab.figures import Figure, NoOptions
from lab.figures.framing.series import make_empty
from lab.figures.ink.axes import set_linear_axis
from lab.figures.ink.marks import add_band, add_intervals, add_line, new_figure, split_marks
from lab.figures.ink.palette import NEUTRAL, Look, choose_looks
from lab.tables import Tables

X, SIZE, HELD = "miss_rate", "set_size", "set_coverage"
TITLES = {"thr": "least sets (THR)", "aps": "adaptive (APS)", "raps": "regularised (RAPS)"}


def prepare(tables: Tables, options: NoOptions) -> pd.DataFrame:
    """Rows by `mark`: 'size' and 'held' (series: the method; miss_rate, value, low, high), 'foreseen' (the law's 95 %
    range of the coverage), 'run'.
    """
    if SIZE not in tables.curves or not tables.curves[SIZE].notna().any():
        why = "No conformal sets: they need the probabilities of all classes, and rows without groups or weights."
        return make_empty(tables, f"{why} Make some:\nlab calibrate FILE --to figures")
    points = tables.curves.dropna(subset=[X, SIZE]).merge(
        tables.runs[["run_key", "object", "set_method"]], on="run_key"
    )
    several = len(points["object"].unique()) > 1
    points["series"] = points["set_method"].map(lambda name: TITLES.get(name, name))
    if several:
        points["series"] = points["object"] + ", " + points["series"]
    size = points[["run_key", "series", X, "low", "high"]].assign(mark="size", value=points[SIZE])
    held = points[["run_key", "series", X]].assign(
        mark="held", value=points[HELD], low=points["coverage_low"], high=points["coverage_high"]
    )
    law = points.groupby(X).first().reset_index()
    foreseen = law[[X]].assign(mark="foreseen", low=law["foreseen_low"], high=law["foreseen_high"], value=1 - law[X])
    frame = pd.concat([size, held, foreseen, points[["run_key"]].assign(mark="run")], ignore_index=True)
    frame.attrs = {
        "x": X,
        "y": SIZE,
        "notes": [
            "Thresholds from half the rows, sets of the other half; bars are 95 % intervals over those rows",
            "Shaded: where the coverage of exchangeable rows lies 19 times in 20, by its beta-binomial law",
        ],
    }
    return frame


def draw(frame: pd.DataFrame) -> go.Figure:
    """Two panels over the misses allowed: size above, coverage below; a look per method."""
    marks, figure = split_marks(frame), new_figure((0.75, 0.65))
    foreseen = marks["foreseen"].sort_values(X)
    add_band(figure, foreseen[X], foreseen["low"], foreseen["high"], NEUTRAL, "foreseen", row=2)
    spread = 0.006
    names = list(marks["size"]["series"].unique())
    for k, (name, look) in enumerate(choose_looks(names).items()):
        for row, mark in ((1, "size"), (2, "held")):
            own = marks[mark][marks[mark]["series"] == name].sort_values(X)
            moved = own.assign(**{X: own[X] + spread * (k - (len(names) - 1) / 2)})  # so that bars stand side by side
            if row == 1:
                add_line(figure, moved[X], moved["value"], Look(look.color, look.symbol, "solid"), str(name), width=1.2,
                         legend=False)  # fmt: skip
            add_intervals(figure, moved, X, "value", look, str(name), row=row, legend=row == 1)
    ends = [0.0, *frame[X].dropna()]
    for row, column, mark in ((1, SIZE, "size"), (2, HELD, "held")):
        set_linear_axis(figure, "x", ends, X, row, title="" if row == 1 else None)
        shown = [*marks[mark][["value", "low", "high"]].to_numpy(float).ravel()]
        limits = [*foreseen[["low", "high"]].to_numpy(float).ravel()] if row == 2 else [0.0]
        set_linear_axis(figure, "y", [*shown, *limits], column, row)
    return figure


figure = Figure("Conformal sets", "selection", prepare, draw, page="calibration")
