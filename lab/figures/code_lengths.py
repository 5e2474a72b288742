"""Code lengths of one object by every code, beside those of a constant, of shuffles and of a structured surrogate.

A length says little alone (Theiler et al. 1992, Physica D 58, on surrogates): what shuffling leaves unchanged is not
structure, and what a surrogate shares is explained by what the surrogate keeps.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from lab.complexity.bounds import ENSEMBLE
from lab.core.units import NATS_PER_BIT
from lab.figures import Figure, Range
from lab.figures.framing.series import average_seeds, keep_positive, make_empty
from lab.figures.ink.axes import set_linear_axis, set_log_axis
from lab.figures.ink.marks import add_line, add_points, new_figure, split_marks
from lab.figures.ink.palette import NEUTRAL, Look, choose_looks
from lab.tables import Tables

RATE = "bits_per_symbol"
BASELINES = {"object": "itself", "surrogate": "surrogate", "shuffled": "shuffled", "constant": "constant"}
_OFFSETS = {"object": 0.24, "surrogate": 0.08, "shuffled": -0.08, "constant": -0.24}


@dataclass(frozen=True)
class Options:
    """`object_number`: which object of the study, in the order of their names; `constant`: also the lengths of as many
    symbols that are all the same, far below the others.
    """

    object_number: Annotated[int, Range(1, 12, 1)] = 1
    constant: bool = False


def prepare(tables: Tables, options: Options) -> pd.DataFrame:
    """Rows by `mark`: 'mean' (a code and what it describes: bits per symbol, its interval over seeds, its line),
    'run' (the runs behind it), 'entropy' (the rate, where it is known).
    """
    runs = keep_positive(tables.runs, RATE, "symbols")
    runs = runs[runs["baseline"].isin(BASELINES)] if "baseline" in runs else runs.iloc[:0]
    if runs.empty:
        return make_empty(tables, "No object was described by a code.")
    names = sorted(runs["object"].unique())
    name = names[min(options.object_number, len(names)) - 1]
    runs = runs[(runs["object"] == name) & (runs["symbols"] == runs["symbols"][runs["object"] == name].max())]
    if not options.constant:
        runs = runs[runs["baseline"] != "constant"]
    means = average_seeds(runs, ["code", "baseline"], RATE).assign(mark="mean")
    own = means[means["baseline"] == "object"].sort_values(RATE, ascending=False)["code"]
    lines = {code: float(k) for k, code in enumerate([*(c for c in own if c != ENSEMBLE), ENSEMBLE])}
    means = means[means["code"].isin(lines)]
    means = means.assign(
        series=means["baseline"].map(BASELINES), line=means["code"].map(lines) + means["baseline"].map(_OFFSETS)
    )
    parts = [means, runs[["run_key", "seed", "code", "baseline"]].assign(mark="run")]
    rate = runs["entropy_rate"].iloc[0] / NATS_PER_BIT
    if rate > 0:
        ends = {"mark": "entropy", "series": "entropy rate", RATE: rate, "line": [-0.5, len(lines) - 0.5]}
        parts.append(pd.DataFrame(ends))
    frame: pd.DataFrame = pd.concat(parts, ignore_index=True)
    symbols, alphabet = runs["symbols"].iloc[0], runs["alphabet"].iloc[0]
    frame.attrs = {
        "x": RATE,
        "y": "code",
        "lines": lines,
        "notes": [
            f"{name}: {symbols:,.0f} symbols of {alphabet:.0f}",
            f"Bars: 95 % intervals over {int(runs.groupby(['code', 'baseline']).size().max())} seeds",
            "The ensemble is the shortest of all descriptions that are proven, the choice paid for",
        ],
    }
    return frame


def draw(frame: pd.DataFrame) -> go.Figure:
    """A line per code, shortest on top; the axis is logarithmic."""
    marks, lines = split_marks(frame), frame.attrs["lines"]
    figure = new_figure((0.35 + 0.08 * len(lines),))
    means = marks["mean"]
    for series, look in choose_looks(BASELINES.values()).items():
        own = means[means["series"] == series]
        if len(own):
            _add_rates(figure, own, look, series)
    if (entropy := marks.get("entropy")) is not None:
        add_line(figure, entropy[RATE], entropy["line"], Look(NEUTRAL.color, "circle", "dot"), "entropy rate")
    shown = np.concatenate([means[RATE], means["low"].where(means["low"] > 0), means["high"]])
    set_log_axis(figure, "x", shown, RATE, title="Code length (bits/symbol)")
    set_linear_axis(figure, "y", [-0.3, len(lines) - 0.7], "code", title="")
    figure.update_yaxes(tickvals=list(lines.values()), ticktext=list(lines), showgrid=False)
    return figure


def _add_rates(figure: go.Figure, means: pd.DataFrame, look: Look, series: str) -> None:
    add_points(figure, means, RATE, "line", look, series)
    figure.data[-1].update(
        error_x={
            "type": "data",
            "symmetric": False,
            "array": (means["high"] - means[RATE]).to_numpy(float),
            "arrayminus": (means[RATE] - means["low"]).to_numpy(float),
            "color": look.color,
            "thickness": 1.4,
            "width": 3,
        }
    )


figure = Figure("Code lengths beside their baselines", "codes", prepare, draw, Options, "complexity")
