"""How far off an estimator is, and how that falls with the length: bias on a source whose truth is known.

Entropies of counts are too low (Miller 1955), codes too high (Shannon 1948); both in the end right, at their own pace.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import pandas as pd
import plotly.graph_objects as go

from lab.analysis.complexity.estimator_calibration import measure_bias
from lab.figures import Figure
from lab.figures.framing.estimators import TITLES, UNITS, Group, list_runs, select_group
from lab.figures.framing.series import make_empty
from lab.figures.ink.axes import set_linear_axis, set_log_axis
from lab.figures.ink.marks import add_intervals, add_line, add_reference, new_figure, split_marks
from lab.figures.ink.palette import choose_looks
from lab.tables import Tables

X, Y = "length", "bias_bits"


@dataclass(frozen=True)
class Options:
    """`source`: whose truth; `of`: which methods; `bias`: with its sign, or its size on a logarithmic axis, where an
    open marker is a negative bias and no bar is drawn.
    """

    source: Literal["golden_mean", "even_process", "bernoulli", "markov", "periodic", "thue_morse"] = "golden_mean"
    of: Group = "entropy_rate"
    bias: Literal["signed", "size"] = "signed"


def prepare(tables: Tables, options: Options) -> pd.DataFrame:
    """Rows by `mark`: 'bias' (series: the method, and the source's dials where it has several), 'run'."""
    points = select_group(tables, options.of)
    points = points[points["source"].str.split(" ").str[0] == options.source]
    bias = measure_bias(points).dropna(subset=[Y])
    if options.bias == "size":
        bias = bias[bias[Y] != 0].assign(negative=bias[Y] < 0, **{Y: bias[Y].abs()}).drop(columns=["low", "high"])
    if bias.empty:
        return make_empty(tables, f"No bias on {options.source}: no method with a known {TITLES[options.of]} was run.")
    several = len(bias["source"].unique()) > 1
    dials = bias["source"].str.removeprefix(options.source).str.strip()
    bias["series"] = bias["method"] + (", " + dials.where(dials != "", "default") if several else "")
    frame = pd.concat([bias.assign(mark="bias"), list_runs(points)], ignore_index=True)
    frame.attrs = {
        "x": X,
        "y": Y,
        "y_unit": UNITS[options.of],
        "notes": [
            f"Bias of the {TITLES[options.of]}, source {options.source}",
            f"Mean over {int(bias['seeds'].max())} seeds with 95 % t intervals; a fresh sequence at every length",
            *(["Open markers: the estimate is too low"] if options.bias == "size" else []),
        ],
    }
    return frame


def draw(frame: pd.DataFrame) -> go.Figure:
    """A line per method about the truth at 0, or the size of the bias on two logarithmic axes."""
    figure = new_figure()
    bias = split_marks(frame)["bias"]
    sized, title = "negative" in frame, f"bias ({frame.attrs['y_unit']})"
    for name, look in choose_looks(bias["series"].unique()).items():
        own = bias[bias["series"] == name].sort_values(X)
        add_line(figure, own[X], own[Y], look, str(name), width=1.2, legend=False)
        if sized:
            own = own.assign(low=float("nan"), high=float("nan"))
            for negative, part in own.groupby(own["negative"].astype(bool)):
                first = len(part) == len(own) or not negative
                add_intervals(figure, part, X, Y, look, str(name), legend=first, hollow=bool(negative))
        else:
            add_intervals(figure, own, X, Y, look, str(name))
    set_log_axis(figure, "x", bias[X], X)
    if sized:
        set_log_axis(figure, "y", bias[Y], Y, title=title)
    else:
        add_reference(figure, (bias[X].min(), bias[X].max()), 0.0, "the truth")
        ends = bias[[Y, "low", "high"]].to_numpy(float).ravel()
        set_linear_axis(figure, "y", [*ends, 0.0], Y, title=title)
    return figure


figure = Figure("Bias against length", "bias", prepare, draw, Options, page="estimators")
