"""How fast an estimator learns: the exponent of its absolute error against the length, |error| ~ B n^(−β).

½ is the pace of chance alone; a dictionary code is far slower (Ziv and Lempel 1978), and an error that stays, because
the method cannot see what the source remembers, has an exponent of 0.
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd
import plotly.graph_objects as go

from lab.analysis.complexity.estimator_calibration import fit_convergence
from lab.figures import Figure
from lab.figures.framing.estimators import TITLES, Group, list_runs, select_group, spell_label
from lab.figures.framing.series import make_empty
from lab.figures.ink.axes import set_linear_axis
from lab.figures.ink.marks import add_line, add_points, new_figure, split_marks
from lab.figures.ink.palette import NEUTRAL, choose_looks
from lab.tables import Tables

X, Y = "error_exponent", "line"


@dataclass(frozen=True)
class Options:
    """`of`: which methods."""

    of: Group = "codes"


def prepare(tables: Tables, options: Options) -> pd.DataFrame:
    """Rows by `mark`: 'exponent' (series: the source; method, its line, β with low and high), 'half' (½), 'run'."""
    points = select_group(tables, options.of)
    found = fit_convergence(points)
    fitted = [c for c in found if c.status == "converged" and c.exponent.has_interval]
    if not fitted:
        why = f": {found[0].reason}" if found else ""
        return make_empty(tables, f"No error of the {TITLES[options.of]} that a law could be fitted to{why}.")
    methods = sorted({c.method for c in fitted})
    sources = list(dict.fromkeys(c.source for c in fitted))
    spread = {name: 0.6 * (k / max(1, len(sources) - 1) - 0.5) for k, name in enumerate(sources)}
    rows = [
        {
            "mark": "exponent",
            "series": c.source,
            "method": c.method,
            Y: -(methods.index(c.method) + 1.0) - spread[c.source] * (len(sources) > 1),
            X: c.exponent.value,
            "low": c.exponent.low,
            "high": c.exponent.high,
            "units": c.exponent.n,
        }
        for c in fitted
    ]
    half = [{"mark": "half", "series": "chance alone, ½", X: 0.5, Y: y} for y in (-0.5, -len(methods) - 0.5)]
    frame = pd.concat([pd.DataFrame([*rows, *half]), list_runs(points)], ignore_index=True)
    other = pd.Series([c.status for c in found if c not in fitted], dtype=object).value_counts()
    frame.attrs = {
        "x": X,
        "y": "method",
        "methods": methods,
        "notes": [
            f"Of the {TITLES[options.of]}; bars are 95 % intervals of the fit over all seeds and lengths",
            *(f"{count} pairs of method and source not drawn: {status}" for status, count in other.items()),
        ],
    }
    return frame


def draw(frame: pd.DataFrame) -> go.Figure:
    """A row per method, a marker per source with its bar along the exponent."""
    marks, methods = split_marks(frame), frame.attrs["methods"]
    figure = new_figure((0.35 + 0.11 * len(methods),))
    rows = marks["exponent"]
    add_line(figure, marks["half"][X], marks["half"][Y], NEUTRAL, marks["half"]["series"].iloc[0], width=1.4)
    for name, look in choose_looks(rows["series"].unique()).items():
        own = rows[rows["series"] == name]
        add_points(figure, own, X, Y, look, str(name))
        figure.data[-1].update(
            error_x={
                "type": "data",
                "symmetric": False,
                "array": (own["high"] - own[X]).to_numpy(float),
                "arrayminus": (own[X] - own["low"]).to_numpy(float),
                "color": look.color,
                "thickness": 1.4,
                "width": 3,
            }
        )
    set_linear_axis(figure, "x", rows[[X, "low", "high"]].to_numpy(float).ravel(), X)
    set_linear_axis(figure, "y", frame[Y].dropna(), "method", title="")
    lines = [-(k + 1.0) for k in range(len(methods))]
    figure.update_yaxes(tickvals=lines, ticktext=[spell_label(name) for name in methods], showgrid=False)
    return figure


figure = Figure("How fast the error falls", "convergence", prepare, draw, Options, page="estimators")
