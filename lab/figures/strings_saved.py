"""How many random strings a code shortens by c bits: no decoder does it for more than 2^−c of them.

Li and Vitányi 2008, Theorem 2.2.1 (counting): there are fewer descriptions below n − c bits than 2^(n − c).
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from lab.figures import Figure, NoOptions
from lab.figures.framing.series import average_seeds, make_empty
from lab.figures.ink.axes import set_linear_axis, set_log_axis
from lab.figures.ink.marks import add_intervals, add_line, new_figure, split_marks
from lab.figures.ink.palette import NEUTRAL, Look, choose_looks
from lab.tables import Tables

SHARE, SAVED = "share_saved", "saved_bits"


def prepare(tables: Tables, options: NoOptions) -> pd.DataFrame:
    """Rows by `mark`: 'mean' (a code's share of strings shortened by at least c bits, interval over seeds), 'run', and
    'bound' (2^−c).
    """
    known = {SHARE, "run_key"} <= set(tables.curves) and "strings" in tables.runs
    runs = tables.runs[tables.runs["strings"] > 1] if known else tables.runs.iloc[:0]
    points = tables.curves.merge(runs[["run_key", "code", "seed"]], on="run_key") if len(runs) else runs
    if points.empty:
        return make_empty(tables, "No random strings were described one by one.")
    means = average_seeds(points, ["code", SAVED], SHARE).assign(mark="mean")
    silent = sorted(str(code) for code, own in means.groupby("code") if not (own[SHARE] > 0).any())
    shown = means[means[SHARE] > 0]
    steps = np.sort(points[SAVED].unique())
    bound = pd.DataFrame({"mark": "bound", "code": "2^−c", SAVED: steps, SHARE: np.exp2(-steps)})
    frame: pd.DataFrame = pd.concat([shown, bound, runs[["run_key", "seed"]].assign(mark="run")], ignore_index=True)
    strings = float((runs["strings"] * (runs["code"] == runs["code"].iloc[0])).sum())
    frame.attrs = {
        "x": SAVED,
        "y": SHARE,
        "notes": [
            f"{strings:,.0f} strings of {runs['symbols'].iloc[0]:.0f} symbols; bars: 95 % intervals over seeds",
            f"No string shortened: {', '.join(silent)}" if silent else "",
        ],
    }
    return frame


def draw(frame: pd.DataFrame) -> go.Figure:
    """A look per code under the dashed bound; the share on a logarithmic axis."""
    marks = split_marks(frame)
    figure = new_figure()
    bound = marks["bound"]
    add_line(figure, bound[SAVED], bound[SHARE], Look(NEUTRAL.color, "circle", "dash"), "2^−c")
    means = marks.get("mean", bound.iloc[:0])
    for code, look in choose_looks(means["code"].unique()).items():
        own = means[means["code"] == code]
        add_line(figure, own[SAVED], own[SHARE], look, str(code), width=1.2, legend=False)
        add_intervals(figure, own, SAVED, SHARE, look, str(code))
    set_linear_axis(figure, "x", bound[SAVED], SAVED)
    set_log_axis(figure, "y", [*bound[SHARE], *means[SHARE]], SHARE)
    return figure


figure = Figure("Random strings are not to be shortened", "codes", prepare, draw, page="complexity")
