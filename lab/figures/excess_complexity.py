"""Excess complexity in time: simulation minus row surrogate, with its interval over seeds, for every automaton.

What Aaronson, Carroll and Ouellette 2014 (arXiv 1405.6903) would have had to report; near 0 for both their automata.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import pandas as pd
import plotly.graph_objects as go

from lab.analysis.complexity.automata import find_runs, list_automata, read_largest
from lab.figures import Figure
from lab.figures.framing.series import make_empty
from lab.figures.ink.axes import set_linear_axis
from lab.figures.ink.marks import add_band, add_line, add_reference, new_figure, split_marks
from lab.figures.ink.palette import choose_looks
from lab.tables import Tables

X, SHARE = "relaxation_times", "excess_share"
SEEDS = 2
ORDER = ("interacting", "non_interacting", "sine_shear")


@dataclass(frozen=True)
class Options:
    """`measure`: the length in three buckets, or adjusted in seven; `unit`: the excess as a share of the hump's height,
    or in bits.
    """

    measure: Literal["adjusted", "complexity"] = "adjusted"
    unit: Literal["share", "bits"] = "share"


def prepare(tables: Tables, options: Options) -> pd.DataFrame:
    """Rows 'excess' by automaton (mean over seeds, low, high) at its largest side, and 'none': zero."""
    parts, notes, keys = [], [], []
    for name in list_automata(find_runs(tables), ORDER):
        hump, runs = read_largest(tables, name, options.measure, SEEDS)
        if hump is None:
            continue
        rows = hump.tabulate()
        rows = rows[rows["series"] == "excess"].assign(mark="excess", series=f"{name}, n = {runs['side'].iloc[0]:.0f}")
        scale = hump.height if options.unit == "share" else 1.0
        parts.append(rows.assign(**{column: rows[column] / scale for column in ("value", "low", "high")}))
        notes.append(f"{name}: on the hump {hump.estimate_excess()}, its rise and fall {hump.estimate_rise_and_fall()}")
        keys += [*runs["run_key"]]
    if not parts:
        return make_empty(tables, "No run of an automaton.")
    ends = [min(rows[X].min() for rows in parts), max(rows[X].max() for rows in parts)]
    zero = pd.DataFrame({"mark": "none", "series": "as its rows", X: ends, "value": 0.0})
    frame = pd.concat([*parts, zero, pd.DataFrame({"mark": "run", "run_key": keys})], ignore_index=True)
    y = SHARE if options.unit == "share" else f"{options.measure}_bits"
    told = "Simulation minus surrogate; bands: 95 % intervals over seeds; shares are of the height of the hump"
    frame.attrs = {"x": X, "y": y, "notes": [told, *notes]}
    return frame


def draw(frame: pd.DataFrame) -> go.Figure:
    """A line and a band per automaton about zero."""
    marks, figure = split_marks(frame), new_figure()
    excess = marks["excess"]
    for name, look in choose_looks(excess["series"].unique()).items():
        rows = excess[excess["series"] == name]
        known, spoken = rows.dropna(subset=["low", "high"]), str(name).replace("_", " ")
        add_band(figure, known[X], known["low"], known["high"], look, spoken, legend=False)
        add_line(figure, rows[X], rows["value"], look, spoken)
    zero = marks["none"]
    add_reference(figure, (zero[X].iloc[0], zero[X].iloc[-1]), 0.0, zero["series"].iloc[0])
    set_linear_axis(figure, "x", excess[X], X)
    y = frame.attrs["y"]
    values = excess[["value", "low", "high"]].to_numpy().ravel()
    set_linear_axis(figure, "y", values, y, title=None if y == SHARE else "Excess over the surrogate (bits)")
    return figure


figure = Figure("Excess complexity", "rise and fall", prepare, draw, Options, page="automata")
