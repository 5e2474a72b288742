"""How the peak grows with the side of the square, for an automaton and for its surrogate, by one fit of each.

Aaronson, Carroll and Ouellette 2014 (arXiv 1405.6903) read "linear in n" as the automaton's own; the surrogate has the
same exponent, and it depends on grain and buckets.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from lab.analysis.complexity.automata import compare_exponents, estimate_exponent, find_runs, fit_peaks
from lab.analysis.laws.named import NamedFit
from lab.figures import Figure
from lab.figures.framing.law import predict_rows
from lab.figures.framing.series import average_seeds, keep_positive, make_empty
from lab.figures.ink.axes import set_log_axis
from lab.figures.ink.marks import add_band, add_intervals, add_line, add_note, new_figure, split_marks
from lab.figures.ink.palette import choose_looks
from lab.tables import Tables

SERIES = ("simulation", "surrogate")


@dataclass(frozen=True)
class Options:
    """`automaton`; `measure`: which length's peak."""

    automaton: Literal["interacting", "non_interacting", "sine_shear"] = "interacting"
    measure: Literal["complexity", "adjusted", "entropy"] = "complexity"


def prepare(tables: Tables, options: Options) -> pd.DataFrame:
    """Rows 'mean' (over seeds, with interval), 'law' and 'run', by series simulation and surrogate."""
    y = f"peak_{options.measure}_bits"
    runs = keep_positive(find_runs(tables, options.automaton), "side", y)
    if runs.empty:
        return make_empty(tables, f"No run of the {options.automaton} automaton.")
    parts, notes, refused = [], [], ""
    for name, column in zip(SERIES, (y, f"surrogate_{y}"), strict=True):
        named = fit_peaks(tables, runs, column)
        exponent = estimate_exponent(named, "exponent")
        series = f"{name}: n^{exponent.value:.2f}" if exponent.has_interval else name
        means = average_seeds(runs, ["side"], column).rename(columns={column: y})
        parts += [
            means.assign(mark="mean", series=series),
            _trace(named, runs["side"], y).assign(mark="law", series=series),
        ]
        notes.append(f"Exponent of the {name}: {exponent}")
        refused = refused or named.fit.reason
    difference = estimate_exponent(compare_exponents(tables, runs, options.measure), "difference")
    notes.append(f"Difference of the exponents, paired by run: {difference}")
    parts.append(runs[["run_key"]].assign(mark="run"))
    frame = pd.concat([part for part in parts if len(part)], ignore_index=True)
    shown = "Points: means over seeds with 95 % intervals; lines: pure powers fitted to all runs"
    frame.attrs = {"x": "side", "y": y, "notes": [shown, *notes], "refused": refused}
    return frame


def draw(frame: pd.DataFrame) -> go.Figure:
    """Both axes logarithmic; a look for the simulation and one for its surrogate."""
    y, marks, figure = frame.attrs["y"], split_marks(frame), new_figure()
    means, laws = marks["mean"], marks.get("law", frame.iloc[:0])
    for name, look in choose_looks(means["series"].unique()).items():
        law = laws[laws["series"] == name]
        known = law.dropna(subset=["low", "high"])
        add_band(figure, known["side"], known["low"], known["high"], look, str(name), legend=False)
        add_line(figure, law["side"], law[y], look, str(name), width=1.4, legend=False)
        own = means[means["series"] == name]
        add_intervals(figure, own, "side", y, look, str(name), hollow=str(name).startswith(SERIES[1]))
    if frame.attrs["refused"]:
        add_note(figure, f"No law: {frame.attrs['refused']}")
    set_log_axis(figure, "x", means["side"], "side")
    set_log_axis(figure, "y", means[y], y)
    return figure


def _trace(named: NamedFit, sides: pd.Series, y: str) -> pd.DataFrame:
    """The law across the sides; none where the fit gives no law."""
    if named.fit.theta is None:
        return pd.DataFrame()
    at = np.geomspace(sides.min(), sides.max(), 40)
    value, low, high = predict_rows(named, at)
    return pd.DataFrame({"side": at, y: value, "low": low, "high": high})


figure = Figure("Peaks against the side", "exponents", prepare, draw, Options, page="automata")
