"""What labels cost by each code, after table 1 of Blier and Ollivier 2018 (arXiv 1802.07044)."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from lab.analysis.complexity.descriptions import LABEL_CODES
from lab.figures import Figure, NoOptions
from lab.figures.framing.descriptions import TITLES, join_means, make_missing
from lab.figures.ink.axes import set_linear_axis, set_log_axis
from lab.figures.ink.marks import add_intervals, add_points, new_figure
from lab.figures.ink.palette import BLUE, Look
from lab.tables import Tables

X, Y = "place", "description_bits"
LOOK = Look(BLUE, "circle", "solid")


def prepare(tables: Tables, options: NoOptions) -> pd.DataFrame:
    """Rows by `mark`: 'run' (an order of the examples) and 'mean' (over them, with interval), by code."""
    runs, columns = tables.runs, [f"{code}_bits" for code in LABEL_CODES]
    if not {"examples", *columns} <= set(runs) or runs["uniform_bits"].isna().all():
        return make_missing(tables, "label_codes")
    done = runs[(runs["status"] == "done") & (runs["examples"] == runs["examples"].max())].dropna(subset=columns)
    rows = done.melt(["run_key", "seed"], columns, var_name="code", value_name=Y)
    rows["code"] = rows["code"].str.removesuffix("_bits")
    rows[X] = rows["code"].map({code: place for place, code in enumerate(LABEL_CODES, 1)})
    frame = join_means(rows, X, Y)
    means = frame[frame["mark"] == "mean"].set_index("code")[Y]
    ratios = "; ".join(f"{TITLES[code]} {means[code] / means['uniform']:.3f}" for code in LABEL_CODES[1:])
    labels = f"{done['examples'].iloc[0]:.0f} labels; the same digits in {len(done)} orders, 95 % intervals over them"
    frame.attrs = {"x": X, "y": Y, "notes": [labels, f"Over the uniform code: {ratios}"]}
    return frame


def draw(frame: pd.DataFrame) -> go.Figure:
    """A column of dots per code, its mean in front; bits are logarithmic."""
    figure = new_figure()
    runs, means = frame[frame["mark"] == "run"], frame[frame["mark"] == "mean"]
    add_points(figure, runs, X, Y, LOOK, "one order of the digits", faint=True)
    add_intervals(figure, means, X, Y, LOOK, "mean")
    set_linear_axis(figure, "x", [0.5, len(means) + 0.5], X, title="")
    names = [TITLES[code].replace("prequential, ", "preq.,<br>") for code in means.sort_values(X)["code"]]
    figure.update_xaxes(tickvals=list(range(1, len(names) + 1)), ticktext=names)
    set_log_axis(figure, "y", frame[Y], Y)
    return figure


figure = Figure("What labels cost by each code", "labels", prepare, draw, page="mdl")
