"""Does the finding survive another way of looking? The rise and fall of the excess by code, grain or buckets.

A hump that one compressor sees and another does not is the compressor's (Aaronson 2011, The First Law of
Complexodynamics, asks for any efficient one).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import pandas as pd
import plotly.graph_objects as go

from lab.analysis.complexity.automata import BUCKETS, CODE, GRAIN, find_finished, list_automata, read_hump
from lab.figures import Figure
from lab.figures.framing.series import make_empty
from lab.figures.ink.axes import set_linear_axis
from lab.figures.ink.marks import add_intervals, add_reference, new_figure, split_marks
from lab.figures.ink.palette import choose_looks
from lab.tables import Tables

Y = "excess_share"
DEFAULTS: dict[str, Any] = {"grain": GRAIN, "buckets": BUCKETS, "code": CODE}
ORDER = ("interacting", "non_interacting", "sine_shear")


@dataclass(frozen=True)
class Options:
    """`by`: what varies, all else at its default; `measure`: which length. Buckets vary the plain length alone."""

    by: Literal["code", "grain", "buckets"] = "code"
    measure: Literal["adjusted", "complexity"] = "adjusted"


def prepare(tables: Tables, options: Options) -> pd.DataFrame:
    """Rows 'share' by automaton and view: value, low, high at `place`, the view's position, named `view`."""
    by = options.by
    runs = find_finished(tables)
    for name, value in DEFAULTS.items():
        runs = runs if name == by or runs.empty else runs[runs[name].eq(value)]
    if runs.empty:
        return make_empty(tables, "No run of an automaton.")
    sides = runs.groupby("side")[by].nunique()
    side = sides[sides == sides.max()].index.max()  # the largest that was seen in most ways
    runs = runs[runs["side"] == side]
    views = sorted(runs[by].unique())
    rows = []
    for automaton in list_automata(runs, ORDER):
        for place, view in enumerate(views, 1):
            chosen = runs[runs["automaton"].eq(automaton) & runs[by].eq(view)]
            hump = read_hump(tables, chosen, options.measure)
            if hump is not None:
                found = hump.estimate_rise_and_fall()
                ends = {Y: found.value, "low": found.low, "high": found.high}
                label = view if by == "code" else f"{view:g}"
                rows.append({"mark": "share", "series": automaton, "place": float(place), "view": label, **ends})
    keys = pd.DataFrame({"mark": "run", "run_key": runs["run_key"]})
    zero = pd.DataFrame({"mark": "none", "series": "as its rows", "place": [0.7, len(views) + 0.3], Y: 0.0})
    frame = pd.concat([pd.DataFrame(rows), zero, keys], ignore_index=True)
    told = f"Rise and fall of the excess as a share of the hump's height, n = {side:.0f}; bars: 95 % intervals"
    frame.attrs = {"x": by, "y": Y, "notes": [told]}
    return frame


def draw(frame: pd.DataFrame) -> go.Figure:
    """A point with its interval per automaton and view."""
    marks, figure = split_marks(frame), new_figure()
    share, zero = marks["share"], marks["none"]
    looks = choose_looks(share["series"].unique())
    for k, (name, look) in enumerate(looks.items()):
        rows = share[share["series"] == name]
        aside = rows.assign(place=rows["place"] + 0.12 * (k - (len(looks) - 1) / 2))
        add_intervals(figure, aside, "place", Y, look, str(name).replace("_", " "))
    add_reference(figure, (zero["place"].iloc[0], zero["place"].iloc[1]), 0.0, zero["series"].iloc[0])
    set_linear_axis(figure, "y", [0.0, *share[[Y, "low", "high"]].to_numpy().ravel()], Y)
    set_linear_axis(figure, "x", zero["place"], frame.attrs["x"])
    names = share.drop_duplicates("place").sort_values("place")
    text = [str(view).replace(" (", "<br>(") for view in names["view"]]
    figure.update_xaxes(tickvals=names["place"].tolist(), ticktext=text, showgrid=False)
    return figure


figure = Figure(
    "Seen through other codes, grains and buckets", "rise and fall", prepare, draw, Options, page="automata"
)
