"""What recalibration mends: a measure before, and after each recalibrator fitted on other rows (Guo et al. 2017)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import pandas as pd
import plotly.graph_objects as go

from lab.core.registry import open_shelf
from lab.figures import Figure
from lab.figures.framing.series import make_empty
from lab.figures.ink.axes import set_linear_axis
from lab.figures.ink.marks import add_points, new_figure, split_marks
from lab.figures.ink.palette import NEUTRAL, Look, choose_looks
from lab.tables import Tables

X, Y = "corrected", "place"
HOLLOW = {"measured": "as measured, bias and all", "null_quantile": "calibrated models measure less, 19 in 20"}


@dataclass(frozen=True)
class Options:
    """`measure`: which, its bias taken off."""

    measure: Literal["ece_equal_width", "smooth_ece", "miscalibration", "brier", "log_loss", "aurc"] = "ece_equal_width"


def prepare(tables: Tables, options: Options) -> pd.DataFrame:
    """Rows by `mark`: 'value' (series: the object; recalibrator, corrected, low, high), 'measured' (before the bias is
    taken off), 'null_quantile' (what a calibrated model exceeds once in twenty), 'run'.
    """
    command = "Recalibrate some:\nlab calibrate FILE --recalibrate temperature,platt,isotonic --to figures"
    if not {"recalibrator", "measure"} <= set(tables.runs.columns):
        return make_empty(tables, f"No predictions here. {command}")
    runs = tables.runs[(tables.runs["measure"] == options.measure) & tables.runs[X].notna()]
    runs = runs[runs[X].abs() < float("inf")]
    if runs.empty:
        return make_empty(tables, f"No finite {options.measure} here. {command}")
    stages = sorted(runs["recalibrator"].unique(), key=lambda name: (name != "none", name))
    runs = runs.assign(series=runs["object"], **{Y: [-(stages.index(name) + 1.0) for name in runs["recalibrator"]]})
    values = runs[["run_key", "series", "recalibrator", Y, X, "low", "high"]].assign(mark="value")
    hollow = [runs[["series", Y, name]].dropna().rename(columns={name: X}).assign(mark=name) for name in HOLLOW]
    frame = pd.concat([values, *hollow, values[["run_key"]].assign(mark="run")], ignore_index=True)
    measure = open_shelf("measures").load(options.measure)
    frame.attrs = {
        "x": X,
        "y": "recalibrator",
        "x_title": f"{measure.symbol} ({measure.unit})" if measure.unit else measure.symbol,
        "stages": ["as it came" if name == "none" else name for name in stages],
        "notes": [f"{measure.title}, its bias taken off; bars are 95 % intervals where one was seen to cover"],
    }
    return frame


def draw(frame: pd.DataFrame) -> go.Figure:
    """A row per recalibrator, a marker per object with its bar, what was measured and the null's end hollow."""
    marks, stages = split_marks(frame), frame.attrs["stages"]
    figure, values = new_figure((0.4 + 0.11 * len(stages),)), split_marks(frame)["value"]
    for name, look in choose_looks(values["series"].unique()).items():
        own = values[values["series"] == name]
        add_points(figure, own, X, Y, look, str(name))
        figure.data[-1].update(
            error_x={
                "type": "data",
                "symmetric": False,
                "array": (own["high"] - own[X]).to_numpy(float),
                "arrayminus": (own[X] - own["low"]).to_numpy(float),
                "color": look.color,
                "thickness": 1.4,
                "width": 3,
            }
        )
    for mark, symbol in zip(HOLLOW, ("circle", "diamond"), strict=True):
        if mark in marks:
            add_points(figure, marks[mark], X, Y, Look(NEUTRAL.color, symbol, "solid"), HOLLOW[mark], hollow=True)
    ends = frame[[X, "low", "high"]].to_numpy(float).ravel()
    set_linear_axis(figure, "x", [0.0, *ends], X, title=frame.attrs["x_title"])
    set_linear_axis(figure, "y", [-0.6, -len(stages) - 0.4], Y, title="")
    places = [-(k + 1.0) for k in range(len(stages))]
    figure.update_yaxes(tickvals=places, ticktext=stages, showgrid=False)
    return figure


figure = Figure("Before and after recalibration", "recalibration", prepare, draw, Options, page="calibration")
