"""How far students of few dimensions are from the theory of infinitely many, and where the line through them ends.

Sorscher et al. 2022 (arXiv 2206.14486), appendix A: the replica method holds where dimensions and examples are many.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import pandas as pd
import plotly.graph_objects as go

from lab.analysis.pruning import BAND, compare_theory, find_students, predict_error
from lab.figures import Figure
from lab.figures.framing.pruning import name_share
from lab.figures.framing.series import average_seeds, make_empty
from lab.figures.ink.axes import set_linear_axis
from lab.figures.ink.marks import add_intervals, add_line, add_reference, new_figure, split_marks
from lab.figures.ink.palette import choose_looks
from lab.tables import Tables

X, Y = "inverse_dimensions", "error_off"


@dataclass(frozen=True)
class Options:
    """`examples` per dimension before pruning: the least, or the most, of those taught in several dimensions."""

    examples: Literal["few", "many"] = "few"


def prepare(tables: Tables, options: Options) -> pd.DataFrame:
    """Rows by `mark`: 'mean' (over seeds, with interval; 1/d = 0 is the end of the line), 'run'; series: the band."""
    students = find_students(tables)
    several = students.groupby("pool_ratio")["dimensions"].nunique()
    several = several[several > 1]
    if several.empty:
        return make_empty(tables, "No student of pruned examples in several dimensions.")
    ratio = float(several.index.min() if options.examples == "few" else several.index.max())
    own, parts = students[students["pool_ratio"].eq(ratio)], []
    limits = compare_theory(own)
    for _, runs in own.groupby(BAND):
        if len(runs["dimensions"].unique()) < 2:
            continue
        first = runs.iloc[0]
        side, share, theta = str(first["kept_side"]), float(first["kept_share"]), float(first["probe_degrees"])
        series = "all" if share == 1 else f"{side} {name_share(share)}{f', {theta:g}°' if theta else ''}"
        expected = predict_error(first)
        off = pd.DataFrame({X: 1 / runs["dimensions"], Y: 100 * (runs["test_error"] / expected - 1)})
        same = limits["kept_side"].eq(side) & limits["kept_share"].eq(share) & limits["probe_degrees"].eq(theta)
        ends = pd.DataFrame({X: 0.0, Y: 100 * limits.loc[same, "off"]})
        means = average_seeds(pd.concat([ends, off[[X, Y]]]), [X], Y)
        parts += [means.assign(mark="mean", series=series), runs[["run_key"]].assign(mark="run")]
    frame = pd.concat(parts, ignore_index=True)
    notes = [
        f"{ratio:g} examples per dimension before pruning",
        "Means over seeds with 95 % t intervals; at 0 the end of each seed's line through its dimensions",
    ]
    frame.attrs = {"x": X, "y": Y, "notes": notes}
    return frame


def draw(frame: pd.DataFrame) -> go.Figure:
    """A look per band, set beside one another so that no interval hides another."""
    figure, means = new_figure(), split_marks(frame)["mean"]
    names, step = means["series"].unique(), 0.012 * float(means[X].max())
    for place, (series, look) in enumerate(choose_looks(names).items()):
        own = means[means["series"] == series].copy()
        own[X] += step * (place - (len(names) - 1) / 2)
        add_line(figure, own[X], own[Y], look, str(series), width=1.0, legend=False)
        add_intervals(figure, own, X, Y, look, str(series))
    add_reference(figure, (0.0, float(means[X].max())), 0.0, "the theory")
    set_linear_axis(figure, "x", means[X], X)
    set_linear_axis(figure, "y", means[[Y, "low", "high"]].to_numpy(float).ravel(), Y)
    return figure


figure = Figure("Few dimensions against the theory", "finite_dimensions", prepare, draw, Options, page="pruning")
