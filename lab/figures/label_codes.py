"""What labels cost by each code, after table 1 of Blier and Ollivier 2018 (arXiv 1802.07044)."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from lab.analysis.complexity.descriptions import LABEL_CODES, LABEL_MODELS, select_labels
from lab.figures import Figure, NoOptions
from lab.figures.framing.descriptions import TITLES, join_means, make_missing
from lab.figures.ink.axes import set_linear_axis, set_log_axis
from lab.figures.ink.marks import add_intervals, add_points, new_figure
from lab.figures.ink.palette import BLUE, VERMILION, Look
from lab.tables import Tables

X, Y = "place", "description_bits"
LOOKS = {"logistic": Look(BLUE, "circle", "solid"), "net": Look(VERMILION, "square", "solid")}
NAMES = {"logistic": "logistic regression", "net": "net of one hidden layer"}
ASIDE = {"logistic": -0.12, "net": 0.12}  # of the code's place on the axis


def prepare(tables: Tables, options: NoOptions) -> pd.DataFrame:
    """Rows by `mark`: 'run' (an order of the examples) and 'mean' (over them, with interval), by code and model."""
    frames, notes = [], []
    for model in LABEL_MODELS:
        frame, note = _prepare_model(select_labels(tables, model), model)
        frames.append(frame)
        notes += note
    if not notes:
        return make_missing(tables, "label_codes")
    frame = pd.concat([own for own in frames if len(own)], ignore_index=True)
    frame.attrs = {"x": X, "y": Y, "notes": ["The same digits in every order; 95 % intervals over orders", *notes]}
    return frame


def _prepare_model(runs: pd.DataFrame, model: str) -> tuple[pd.DataFrame, list[str]]:
    columns = [f"{code}_bits" for code in LABEL_CODES]
    if runs.empty or not {"examples", *columns} <= set(runs):
        return pd.DataFrame(), []
    done = runs[(runs["status"] == "done") & (runs["examples"] == runs["examples"].max())].dropna(subset=columns)
    if done.empty:
        return pd.DataFrame(), []
    rows = done.melt(["run_key", "seed"], columns, var_name="code", value_name=Y)
    rows["code"] = rows["code"].str.removesuffix("_bits")
    rows[X] = rows["code"].map({code: place for place, code in enumerate(LABEL_CODES, 1)}) + ASIDE[model]
    frame = join_means(rows, X, Y).assign(model=model)
    means = frame[frame["mark"] == "mean"].set_index("code")[Y]
    ratios = "; ".join(f"{TITLES[code]} {means[code] / means['uniform']:.3f}" for code in LABEL_CODES[1:])
    told = f"{done['examples'].iloc[0]:.0f} labels in {len(done)} orders by {done['params_total'].iloc[0]:.0f} weights"
    return frame, [f"{NAMES[model].capitalize()}: {told}; over the uniform code: {ratios}"]


def draw(frame: pd.DataFrame) -> go.Figure:
    """Two columns of dots per code, one of each model, its mean in front; bits are logarithmic."""
    figure = new_figure()
    for model in frame["model"].unique():
        own = frame[frame["model"] == model]
        runs, means = own[own["mark"] == "run"], own[own["mark"] == "mean"]
        add_points(figure, runs, X, Y, LOOKS[model], NAMES[model], faint=True, legend=False)
        add_intervals(figure, means, X, Y, LOOKS[model], NAMES[model])
    set_linear_axis(figure, "x", [0.5, len(LABEL_CODES) + 0.5], X, title="")
    names = [TITLES[code].replace("prequential, ", "preq.,<br>") for code in LABEL_CODES]
    figure.update_xaxes(tickvals=list(range(1, len(names) + 1)), ticktext=names)
    set_log_axis(figure, "y", frame[Y], Y)
    return figure


figure = Figure("What labels cost by each code", "labels", prepare, draw, page="mdl")
