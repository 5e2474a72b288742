"""States of an automaton at chosen times, and below each what is left of it after coarse-graining.

As figure 1 of Aaronson, Carroll and Ouellette 2014 (arXiv 1405.6903). A run of the study is made again from its seed:
the same states, bit for bit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from lab.analysis.complexity.automata import find_runs
from lab.complexity.automaton import Automaton
from lab.complexity.coarse import adjust, coarsen
from lab.core.registry import open_shelf
from lab.figures import Figure
from lab.figures.framing.series import make_empty
from lab.figures.ink.axes import set_linear_axis
from lab.figures.ink.film import add_picture
from lab.figures.ink.marks import new_figure
from lab.tables import Tables

LARGEST_SIDE = 60  # a row of the frame per cell shown
TIMES = (0.0, 0.3, 1.1, 3.0)  # τ: before, rising, at the peak, after
GAP = 0.06  # of a side, between pictures


@dataclass(frozen=True)
class Options:
    """`automaton`; `coarse`: three buckets over squares of n/10 cells, or the adjusted seven."""

    automaton: Literal["interacting", "non_interacting", "sine_shear", "tendril_walk"] = "interacting"
    coarse: Literal["three_buckets", "adjusted"] = "three_buckets"


def prepare(tables: Tables, options: Options) -> pd.DataFrame:
    """A row per cell shown: `picture` (state or coarse), relaxation_times, place in the gallery, value 0 to 1."""
    runs = find_runs(tables, options.automaton)
    runs = runs[runs["side"].le(LARGEST_SIDE)] if len(runs) else runs
    if runs.empty:
        return make_empty(tables, f"No run of the {options.automaton} automaton of up to {LARGEST_SIDE} cells a side.")
    run = runs.sort_values(["side", "seed"], ascending=[False, True]).iloc[0]
    side, grain = int(run["side"]), max(int(run["side"]) // 10, 2)
    automaton: Automaton = open_shelf("automata").load(options.automaton)()
    state, parts = automaton.start(side, int(run["seed"])), []
    for k, time in enumerate(TIMES):
        automaton.advance(state, round(time * automaton.find_timescale(side)) - state.moves)
        coarse = coarsen(state.cells, grain, 3) / 2
        if options.coarse == "adjusted":
            coarse = adjust(coarsen(state.cells, grain, 7)) / 6
        pictures: tuple[tuple[str, np.ndarray], ...] = (("state", np.minimum(state.cells, 1)), ("coarse", coarse))
        for line, (picture, values) in enumerate(pictures):
            parts.append(_lay_out(values, k, line).assign(picture=picture, relaxation_times=time))
    frame = pd.concat([*parts, pd.DataFrame({"mark": ["run"], "run_key": [run["run_key"]]})], ignore_index=True)
    told = f"{options.automaton}, n = {side}, seed {int(run['seed'])}; coarse: squares of {grain} cells"
    frame.attrs = {"x": "relaxation_times", "y": "automaton", "notes": [told]}
    return frame


def draw(frame: pd.DataFrame) -> go.Figure:
    """A heat map per picture on common axes: times from left to right, the coarse square below its state."""
    cells = frame[frame["mark"] == "cell"]
    figure = new_figure((1.0,))
    for _, picture in cells.groupby(["picture", "relaxation_times"], sort=False):
        add_picture(figure, picture)
    middles = cells.groupby("relaxation_times")["column"].mean()
    rows = cells.groupby("picture")["line"].mean()
    set_linear_axis(figure, "x", cells["column"], frame.attrs["x"])
    set_linear_axis(figure, "y", cells["line"], frame.attrs["y"], title="")
    bare = {"showgrid": False, "showline": False, "ticks": "", "constrain": "domain"}
    figure.update_xaxes(tickvals=middles.tolist(), ticktext=[f"{time:g}" for time in middles.index], **bare)
    figure.update_yaxes(tickvals=rows.tolist(), ticktext=list(rows.index), scaleanchor="x", **bare)
    return figure


def _lay_out(values: np.ndarray, column: int, line: int) -> pd.DataFrame:
    """The cells of one picture at their place: pictures from left to right, lines downwards below 0."""
    side = len(values)
    pitch = side + round(GAP * side)
    y, x = np.indices(values.shape)
    places = {"column": column * pitch + x.ravel(), "line": -(line * pitch + y.ravel()) - 1.0}
    return pd.DataFrame({"mark": "cell", **places, "value": values.ravel().astype(float)})


figure = Figure("States and what is left of them", "states", prepare, draw, Options, page="automata")
