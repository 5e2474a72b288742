"""The structure function of a data set: bits left to the data against bits spent on the model, over a sweep's nets.

Vereshchagin and Vitányi (2004), IEEE Trans. Inf. Theory 50:3265, over trained nets in place of all programs: an upper
bound. Where it runs along the line of the shortest description, more model explains no more.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from lab.analysis.complexity.sophistication import measure_sophistication
from lab.core.units import format_count
from lab.figures import Figure, Range
from lab.figures.framing.series import make_empty, name_sizes
from lab.figures.ink.axes import set_linear_axis, set_log_axis
from lab.figures.ink.marks import add_line, add_points, new_figure, split_marks
from lab.figures.ink.palette import NEUTRAL, Look, choose_looks
from lab.tables import Tables

X, Y = "model_bits", "rest_bits"
LINE_POINTS = 60


@dataclass(frozen=True)
class Options:
    """`model_code`: a net paid for by its parameters at `bits_per_parameter`, or by what learning it cost online;
    `significance`: per cent above the shortest description at which a model is sufficient.
    """

    model_code: Literal["parameters", "prequential"] = "parameters"
    bits_per_parameter: Annotated[float, Range(1, 32, 1)] = 16.0
    significance: Annotated[float, Range(0, 10, 0.5)] = 1.0


def prepare(tables: Tables, options: Options) -> pd.DataFrame:
    """Rows by `mark`: 'run' (a net), 'least' (the staircase of the means over seeds), 'sum' (the shortest description:
    model and data bits of constant sum), 'sufficient' (the cheapest sufficient net of the means).
    """
    share = options.significance / 100
    found = measure_sophistication(tables, options.model_code, options.bits_per_parameter, share)
    if found.reason:
        return make_empty(tables, f"No structure function: {found.reason}.")
    runs = found.rows.assign(mark="run", series=name_sizes(found.rows)).sort_values("params_total")
    stairs = found.means.assign(mark="least", **{Y: found.means["least_bits"]})
    total = float((found.means[X] + found.means[Y]).min())
    spent = np.geomspace(max(found.rows[X].min(), 1.0), min(found.rows[X].max(), 0.9 * total), LINE_POINTS)
    line = pd.DataFrame({"mark": "sum", X: spent, Y: total - spent})
    line = line[line[Y] >= 0.9 * found.rows[Y].min()]
    frame: pd.DataFrame = pd.concat(
        [runs[["mark", "series", X, Y, "run_key", "seed"]], stairs, line], ignore_index=True
    )
    frame.attrs = {
        "x": X,
        "y": Y,
        "notes": [
            f"Data: {format_count(found.tokens)} training tokens at the final held-out loss",
            f"Shortest description {format_count(total, 'bits')}; sophistication within {options.significance:g} % "
            f"of it {found.estimate}",
            "Line: least data bits of any net no dearer, means over seeds; dashed: the shortest description",
        ],
    }
    return frame


def draw(frame: pd.DataFrame) -> go.Figure:
    """A look per size; the structure function as a staircase."""
    marks, figure = split_marks(frame), new_figure()
    for name, look in choose_looks(marks["run"]["series"].unique()).items():
        add_points(figure, marks["run"][marks["run"]["series"] == name], X, Y, look, str(name))
    stairs = marks["least"].sort_values(X)
    x, y = np.repeat(stairs[X].to_numpy(float), 2)[1:], np.repeat(stairs[Y].to_numpy(float), 2)[:-1]
    add_line(figure, x, y, Look(NEUTRAL.color, "circle", "solid"), "structure function", width=1.6)
    if "sum" in marks:
        add_line(figure, marks["sum"][X], marks["sum"][Y], NEUTRAL, "shortest description", width=1.2)
    set_log_axis(figure, "x", frame[X], X)
    set_linear_axis(figure, "y", frame[Y], Y)
    return figure


figure = Figure(
    "Bits of the model, bits of the data: the structure function",
    "sophistication",
    prepare,
    draw,
    Options,
    "complexity",
)
