"""Sources of which only a part is known: what every method says of them, against the length.

A pseudo-random generator and rule 30 are a line of arithmetic and look like coin flips; Thue–Morse has entropy rate 0
and an excess entropy without end (Crutchfield and Feldman 2003).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import pandas as pd
import plotly.graph_objects as go

from lab.analysis.complexity.estimator_calibration import average_estimates
from lab.figures import Figure
from lab.figures.framing.estimators import TITLES, UNITS, Group, list_runs, select_group
from lab.figures.framing.series import make_empty
from lab.figures.ink.axes import set_linear_axis, set_log_axis
from lab.figures.ink.marks import add_intervals, add_line, add_reference, new_figure, split_marks
from lab.figures.ink.palette import choose_looks
from lab.tables import Tables

X, Y = "length", "estimate_bits"
SOURCES = {
    "generator": "prng",
    "rule_15": "elementary (rule 15)",
    "rule_30": "elementary",
    "rule_54": "elementary (rule 54)",
    "rule_110": "elementary (rule 110)",
    "thue_morse": "thue_morse",
}


@dataclass(frozen=True)
class Options:
    """`source`: a pseudo-random generator, a column of an elementary automaton, or Thue–Morse; `of`: which methods."""

    source: Literal["generator", "rule_15", "rule_30", "rule_54", "rule_110", "thue_morse"] = "generator"
    of: Group = "codes"


def prepare(tables: Tables, options: Options) -> pd.DataFrame:
    """Rows by `mark`: 'estimate' (series: the method, with its interval), 'flips' (one bit a symbol), 'run'."""
    points = select_group(tables, options.of)
    points = points[points["source"] == SOURCES[options.source]]
    means = average_estimates(points).dropna(subset=[Y])
    if means.empty:
        return make_empty(tables, f"No {TITLES[options.of]} was estimated on {options.source.replace('_', ' ')}.")
    means = means.assign(mark="estimate", series=means["method"])
    parts = [means, list_runs(points)]
    if options.of in ("codes", "entropy_rate"):
        ends = [means[X].min(), means[X].max()]
        parts.append(pd.DataFrame({"mark": "flips", "series": "fair coin flips", X: ends, Y: 1.0}))
    frame = pd.concat(parts, ignore_index=True)
    frame.attrs = {
        "x": X,
        "y": Y,
        "y_unit": UNITS[options.of],
        "notes": [
            f"Estimates of the {TITLES[options.of]}, source {SOURCES[options.source]}",
            f"Mean over {int(means['seeds'].max())} seeds with 95 % t intervals; a fresh sequence at every length",
        ],
    }
    return frame


def draw(frame: pd.DataFrame) -> go.Figure:
    """A line per method; one bit a symbol as the reference of what looks random."""
    figure, marks = new_figure(), split_marks(frame)
    means = marks["estimate"]
    for name, look in choose_looks(means["series"].unique()).items():
        own = means[means["series"] == name].sort_values(X)
        add_line(figure, own[X], own[Y], look, str(name), width=1.2, legend=False)
        add_intervals(figure, own, X, Y, look, str(name))
    if (flips := marks.get("flips")) is not None:
        add_reference(figure, (flips[X].min(), flips[X].max()), flips[Y].iloc[0], flips["series"].iloc[0])
    set_log_axis(figure, "x", means[X], X)
    ends = frame[[Y, "low", "high"]].to_numpy(float).ravel()
    set_linear_axis(figure, "y", [*ends, 0.0], Y, title=f"estimate ({frame.attrs['y_unit']})")
    return figure


figure = Figure("Sources known in part", "known in part", prepare, draw, Options, page="estimators")
