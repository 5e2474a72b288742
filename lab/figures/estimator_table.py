"""Every method on every source of known truth: the bias that is left at the longest sequence.

Read a row before an estimator is trusted on data whose truth nobody knows (Crutchfield and Feldman 2003).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from lab.analysis.complexity.estimator_calibration import measure_bias
from lab.figures import Figure
from lab.figures.framing.estimators import TITLES, UNITS, Group, list_runs, select_group, spell_label
from lab.figures.framing.series import make_empty
from lab.figures.ink.axes import set_linear_axis
from lab.figures.ink.marks import new_figure
from lab.figures.ink.palette import INK
from lab.tables import Tables

_SHADES = [[0.0, "#5aa0d6"], [0.5, "#a9cdea"], [1.0, "#eef4fa"]]  # dark is a small bias; all bear black text
_BLACK = "#1a1a1a"
_SMALLEST, _LARGEST = 1e-3, 1.0  # bits: the ends of the shades


@dataclass(frozen=True)
class Options:
    """`of`: which methods."""

    of: Group = "codes"


def prepare(tables: Tables, options: Options) -> pd.DataFrame:
    """Rows by `mark`: 'cell' (series: the method; source, its column and line, bias_bits, low, high), 'run'."""
    points = select_group(tables, options.of)
    bias = measure_bias(points)
    known = bias.groupby("source")["bias_bits"].transform(lambda values: values.notna().any())
    bias = bias[known.astype(bool)]
    if bias.empty:
        return make_empty(tables, f"No method with a known {TITLES[options.of]} was run.")
    answered = bias["length"].where(bias["bias_bits"].notna(), 0.0)  # a method without any answer keeps its last row
    longest = answered.groupby([bias["method"], bias["source"]]).transform("max")
    cells = bias[(bias["length"] == longest) | ((longest == 0.0) & (bias["length"] == bias["length"].max()))]
    methods, sources = sorted(cells["method"].unique()), list(dict.fromkeys(cells["source"]))
    cells = cells.assign(
        mark="cell",
        series=cells["method"],
        column=cells["source"].map({name: k + 1.0 for k, name in enumerate(sources)}),
        line=cells["method"].map({name: -(k + 1.0) for k, name in enumerate(methods)}),
    )
    frame: pd.DataFrame = pd.concat([cells, list_runs(points)], ignore_index=True)
    shorter = cells.groupby("method")["length"].max()
    shorter = shorter[shorter < shorter.max()]
    frame.attrs = {
        "x": "source",
        "y": "method",
        "notes": [
            f"Bias of the {TITLES[options.of]}, mean over seeds, at {cells['length'].max():,.0f} symbols",
            f"In thousandths of {UNITS[options.of]}; bold where the 95 % interval over seeds excludes 0; –: no answer",
            *(f"{method} at {length:,.0f} symbols" for method, length in shorter.items()),
        ],
    }
    return frame


def draw(frame: pd.DataFrame) -> go.Figure:
    """A cell per method and source, dark where the bias is small."""
    cells = frame[frame["mark"] == "cell"]
    grid = cells.pivot_table("bias_bits", "line", "column", dropna=False)
    figure = new_figure((0.3 + 0.1 * len(grid),))
    figure.add_heatmap(
        x=grid.columns.to_numpy(float),
        y=grid.index.to_numpy(float),
        z=np.log10(grid.abs().to_numpy(float).clip(_SMALLEST, _LARGEST)),
        zmin=np.log10(_SMALLEST),
        zmax=np.log10(_LARGEST),
        colorscale=_SHADES,
        showscale=False,
        hoverinfo="skip",
    )
    for cell in cells.to_dict("records"):
        known = np.isfinite(cell["bias_bits"])
        text = f"{1000 * cell['bias_bits']:+.0f}".replace("-", "−") if known else "–"
        sure = cell["low"] > 0 or cell["high"] < 0
        figure.add_annotation(
            x=cell["column"],
            y=cell["line"],
            text=f"<b>{text}</b>" if sure else text,
            showarrow=False,
            font={"size": 11, "color": _BLACK if known else INK},
        )
    _label_axis(figure, "x", cells, "column", "source")
    _label_axis(figure, "y", cells, "line", "series")
    return figure


def _label_axis(figure: go.Figure, axis: str, cells: pd.DataFrame, place: str, name: str) -> None:
    names = cells.drop_duplicates(place).sort_values(place)
    set_linear_axis(figure, axis, [names[place].min() - 0.4, names[place].max() + 0.4], name, title="")
    labels = [spell_label(label) for label in names[name]]
    if axis == "x":  # on two levels, a word a line: a journal's column is narrow
        broken = [label if "<br>" in label else label.replace(" ", "<br>") for label in labels]
        labels = ["<br>" * (2 * (k % 2)) + label for k, label in enumerate(broken)]
    update = figure.update_xaxes if axis == "x" else figure.update_yaxes
    update(tickvals=list(names[place]), ticktext=labels, showgrid=False)


figure = Figure("Bias at the longest sequence", "table", prepare, draw, Options, page="estimators")
