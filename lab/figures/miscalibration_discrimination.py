"""Two ways to a better score: less miscalibration, or more discrimination (Dimitriadis et al. 2021, figure 4).

The mean Brier score is miscalibration − discrimination + uncertainty, so that lines of slope one are lines of equal
score: better is left, and up. Models of a family are joined by size.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from lab.figures import Figure, NoOptions
from lab.figures.framing.series import make_empty
from lab.figures.ink.axes import list_linear_ticks, set_linear_axis
from lab.figures.ink.marks import add_line, add_points, new_figure, split_marks
from lab.figures.ink.palette import INK, Look, choose_looks
from lab.tables import Tables

X, Y, Z = "miscalibration", "discrimination", "uncertainty"
ISOLINE = Look(INK, "circle", "dot")
MARGIN = 0.15  # of the range, around the points
ISOLINES = 9


def prepare(tables: Tables, options: NoOptions) -> pd.DataFrame:
    """Rows by `mark`: 'model' (series, its parts and score), 'isoline' (score), 'run'."""
    needs = ("measure", "measured")
    runs = tables.runs
    parts = runs[runs["measure"].isin((X, Y, Z))] if all(name in runs for name in needs) else runs.iloc[:0]
    identity = [name for name in ("object", "recalibrator", "family", "params_total", "seed") if name in parts]
    if parts.empty:
        return make_empty(tables, "No decomposed score. Measure one:\nlab calibrate FILE --to figures")
    named = parts.assign(params_total=parts["params_total"].fillna(-1.0), seed=parts["seed"].fillna(-1.0))
    wide = named.pivot_table(index=identity, columns="measure", values="measured", aggfunc="first").reset_index()
    models = wide.reindex(columns=[*identity, X, Y, Z]).dropna(subset=[X, Y, Z])
    if models.empty:
        return make_empty(tables, "No model with all three parts of its score.")
    models["score"] = models[X] - models[Y] + models[Z]
    models["series"] = [_name_series(row) for row in models.to_dict("records")]
    shared = float(models[Z].mean())
    lines = _list_isolines(models, shared).assign(mark="isoline")
    runs_shown = parts[["run_key"]].assign(mark="run")
    frame = pd.concat([models.assign(mark="model"), lines, runs_shown], ignore_index=True)
    notes = ["Brier score = miscalibration − discrimination + uncertainty; dotted: equal scores"]
    if np.ptp(models[Z]) > 1e-9:
        notes.append(f"Uncertainties differ; lines are for their mean, {shared:.3f}")
    frame.attrs = {"x": X, "y": Y, "notes": notes}
    return frame


def draw(frame: pd.DataFrame) -> go.Figure:
    """A marker per model, joined by size within a family; dotted lines of equal score, named at their upper end."""
    marks, figure = split_marks(frame), new_figure()
    models, lines = marks["model"], marks["isoline"]
    for score, line in lines.groupby("score"):
        add_line(figure, line[X], line[Y], ISOLINE, f"score {score:g}", legend=False, width=1.0)
        end = line.iloc[-1]
        figure.add_annotation(x=end[X], y=end[Y], text=f"{score:g}", showarrow=False, xanchor="right", yanchor="bottom")
    for name, look in choose_looks(models["series"].unique()).items():
        own = models[models["series"] == name].sort_values("params_total")
        if len(own) > 1:
            add_line(figure, own[X], own[Y], Look(look.color, look.symbol, "solid"), str(name), legend=False, width=1.2)
        add_points(figure, own, X, Y, look, str(name))
    for which, column in (("x", X), ("y", Y)):
        set_linear_axis(figure, which, [*models[column], *lines[column]], column)
    return figure


def _name_series(row: Mapping[Hashable, object]) -> str:
    if row.get("family"):
        return str(row["family"])
    mended = str(row.get("recalibrator") or "none")
    return str(row["object"]) if mended == "none" else f"{row['object']}, {mended}"


def _list_isolines(models: pd.DataFrame, uncertainty: float) -> pd.DataFrame:
    """Where y = x + uncertainty − score crosses the box of the points with a margin: two ends per score."""
    (left, right), (bottom, top) = (_widen(models[column]) for column in (X, Y))
    scores = list_linear_ticks(left + uncertainty - top, right + uncertainty - bottom, ISOLINES)
    rows = []
    for score in scores:
        shift = uncertainty - score
        start, end = max(left, bottom - shift), min(right, top - shift)
        if start < end:
            rows += [{"score": score, X: x, Y: x + shift} for x in (start, end)]
    return pd.DataFrame(rows, columns=["score", X, Y])


def _widen(values: pd.Series) -> tuple[float, float]:
    low, high = float(values.min()), float(values.max())
    margin = MARGIN * ((high - low) or max(3 * abs(high), 0.01))
    return max(low - margin, 0.0), high + margin


figure = Figure("Miscalibration against discrimination", "calibration", prepare, draw, page="calibration")
