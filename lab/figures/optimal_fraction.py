"""The share worth keeping, against how many examples are kept: the smaller the share, the larger their pool.

Sorscher et al. 2022 (arXiv 2206.14486), figures 1 and 2: a perfect probe is best used on the largest pool there is; an
imperfect one has a best share, which falls as more is kept.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from lab.analysis.pruning import find_students, keep_dimension, trace_envelope
from lab.figures import Figure
from lab.figures.framing.pruning import find_imperfect, trace_theory
from lab.figures.framing.series import make_empty
from lab.figures.ink.axes import set_log_axis
from lab.figures.ink.marks import add_line, add_points, new_figure, split_marks
from lab.figures.ink.palette import choose_looks
from lab.scaling.pruning.band import Side
from lab.tables import Tables

X, Y = "kept_ratio", "kept_share"
FEWEST_PLACES = 3  # numbers of kept examples that a band was taught with, to be a line


def prepare(tables: Tables, options: object) -> pd.DataFrame:
    """Rows by `mark`: 'best' (the share that is best for most seeds, judged by the others), 'theory', 'run'; series:
    side and probe.
    """
    students = find_students(tables)
    worst = find_imperfect(students["probe_degrees"].tolist())
    parts, sides = [], students.loc[students["kept_share"].lt(1), ["kept_side", "probe_degrees"]].drop_duplicates()
    for side, theta in sorted(sides.itertuples(index=False)):
        own = students[students["kept_side"].eq(side) & students["probe_degrees"].eq(theta)]
        if side == "random" or theta not in (0.0, worst) or len(own[X].unique()) < FEWEST_PLACES:
            continue
        envelope = trace_envelope(students, theta, (side,))
        if envelope.empty:
            continue
        series = f"{side}, {'perfect probe' if theta == 0 else f'probe at {theta:g}°'}"
        best = envelope.groupby(X)[Y].agg(lambda shares: shares.mode().min()).reset_index()
        taught = keep_dimension(pd.concat([own, students[students[Y].eq(1)]]))
        parts += [
            best.assign(mark="best", series=series),
            _trace_best(taught, best[X], side, theta).assign(mark="theory", series=series),
            envelope[["run_key"]].assign(mark="run"),
        ]
    if not parts:
        return make_empty(tables, "No student of pruned examples of two seeds.")
    frame = pd.concat(parts, ignore_index=True)
    notes = [
        "Of as many examples kept, the share with the least error; of the shares and pools of this study",
        "Points: students, each seed's share chosen by the other seeds; lines: the theory",
    ]
    frame.attrs = {"x": X, "y": Y, "notes": notes}
    return frame


def _trace_best(students: pd.DataFrame, kept: pd.Series, side: Side, theta: float) -> pd.DataFrame:
    """The theory's best share at each of `kept`, of those that students were taught at as many."""
    at, errors = sorted(kept), {}
    for share in sorted(students[Y].unique(), reverse=True):
        taught = np.isclose(np.array(at)[:, np.newaxis], students.loc[students[Y].eq(share), X].unique()).any(axis=1)
        error = trace_theory((at[0], at[-1]), side, float(share), theta, points=len(at))["test_error"]
        errors[share] = np.where(taught, error, np.inf)
    table = pd.DataFrame(errors, index=pd.Index(at, name=X))
    return table.idxmin(axis=1).rename(Y).reset_index()


def draw(frame: pd.DataFrame) -> go.Figure:
    """A look per side and probe; both axes logarithmic."""
    figure, marks = new_figure(), split_marks(frame)
    best, theory = marks["best"], marks["theory"]
    for series, look in choose_looks(best["series"].unique()).items():
        line = theory[theory["series"] == series]
        add_line(figure, line[X], line[Y], look, str(series), width=1.4, legend=False)
        add_points(figure, best[best["series"] == series], X, Y, look, str(series))
    set_log_axis(figure, "x", best[X], X)
    set_log_axis(figure, "y", [*best[Y], 1.0], Y)
    return figure


figure = Figure("The best share", "curves", prepare, draw, page="pruning")
