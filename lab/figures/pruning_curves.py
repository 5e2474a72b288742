"""The error of a perceptron against the examples it was given, by the share that was kept: students beside the theory.

Sorscher et al. 2022 (arXiv 2206.14486), figures 1 and 2: few examples are best easy, many are best hard; what a perfect
probe chooses leaves the power law of random examples, and what an imperfect one chooses comes back to one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import pandas as pd
import plotly.graph_objects as go

from lab.analysis.pruning import find_students, keep_dimension
from lab.figures import Figure
from lab.figures.framing.pruning import find_imperfect, name_share, trace_theory
from lab.figures.framing.series import average_seeds, make_empty
from lab.figures.ink.axes import set_log_axis
from lab.figures.ink.marks import add_intervals, add_line, new_figure, split_marks
from lab.figures.ink.palette import choose_looks
from lab.tables import Tables

X, Y = "kept_ratio", "test_error"


@dataclass(frozen=True)
class Options:
    """`kept`: which examples; `probe`: 'perfect' is the teacher, 'imperfect' the study's worst."""

    kept: Literal["hard", "easy"] = "hard"
    probe: Literal["perfect", "imperfect"] = "perfect"


def prepare(tables: Tables, options: Options) -> pd.DataFrame:
    """Rows by `mark`: 'mean' (over seeds, with interval), 'theory', 'run'; series: the share that is kept."""
    students = find_students(tables)
    theta = 0.0 if options.probe == "perfect" else find_imperfect(students["probe_degrees"].tolist())
    own = students["kept_side"].eq(options.kept) & students["probe_degrees"].eq(theta)
    shown = keep_dimension(students[own | students["kept_share"].eq(1)])
    if shown.empty:
        return make_empty(tables, "No student of pruned examples.")
    parts = []
    span = (float(shown[X].min()), float(shown[X].max()))
    for share in sorted(shown["kept_share"].unique(), reverse=True):
        series, runs = name_share(share), shown[shown["kept_share"].eq(share)]
        parts += [
            average_seeds(runs, [X], Y).assign(mark="mean", series=series),
            trace_theory(span, options.kept, float(share), theta).assign(mark="theory", series=series),
            runs[["run_key"]].assign(mark="run"),
        ]
    frame = pd.concat(parts, ignore_index=True)
    dimensions, seeds = shown["dimensions"].iloc[0], shown.groupby([X, "kept_share"])["seed"].nunique().min()
    frame.attrs = {
        "x": X,
        "y": Y,
        "notes": [
            f"The {options.kept} examples of a pool are kept, by a probe at {theta:g}° to the teacher",
            f"Points: means over at least {seeds} seeds in {dimensions:.0f} dimensions, with 95 % t intervals",
            "Lines: the theory, infinitely many dimensions",
        ],
    }
    return frame


def draw(frame: pd.DataFrame) -> go.Figure:
    """A colour per share, lines for the theory and markers for students; both axes logarithmic."""
    figure, marks = new_figure(), split_marks(frame)
    means, theory = marks["mean"], marks["theory"]
    for series, look in choose_looks(means["series"].unique()).items():
        line = theory[theory["series"] == series]
        add_line(figure, line[X], line[Y], look, str(series), width=1.4, legend=False)
        add_intervals(figure, means[means["series"] == series], X, Y, look, str(series))
    set_log_axis(figure, "x", pd.concat([means[X], theory[X]]), X)
    set_log_axis(figure, "y", pd.concat([means[Y], theory[Y]]), Y)
    return figure


figure = Figure("Error against the examples kept", "curves", prepare, draw, Options, page="pruning")
