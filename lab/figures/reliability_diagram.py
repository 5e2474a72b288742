"""Does it happen as often as was said? Frequency against confidence, with a band for each of two questions.

Around the diagonal the consistency band: where a calibrated model's curve would lie (Bröcker and Smith 2007). Around
the curve the confidence band: where the true curve may lie. Isotonic regression has no bins (Dimitriadis et al. 2021).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import pandas as pd
import plotly.graph_objects as go

from lab.figures import Figure
from lab.figures.framing.series import make_empty
from lab.figures.ink.axes import set_linear_axis
from lab.figures.ink.marks import add_band, add_line, add_points, new_figure, split_marks
from lab.figures.ink.palette import BLUE, GREY, INK, Look
from lab.tables import Tables

X, Y = "confidence", "frequency"
BANDS = ["consistent_low", "consistent_high", "low", "high"]
MOST_PANELS = 4
CURVE, DIAGONAL, NEUTRAL = Look(BLUE, "circle", "solid"), Look(INK, "circle", "dot"), Look(GREY, "circle", "solid")


@dataclass(frozen=True)
class Options:
    """`curve`: isotonic regression, or bins of equal width or equal mass."""

    curve: Literal["isotonic", "equal_width", "equal_mass"] = "isotonic"


def prepare(tables: Tables, options: Options) -> pd.DataFrame:
    """Rows by `mark`: 'curve' (panel; confidence, frequency, share, the ends of both bands), 'run'."""
    runs = tables.runs
    if Y not in tables.curves or "reliability_curve" not in runs or not tables.curves[Y].notna().any():
        return make_empty(tables, "No reliability curve. Trace one:\nlab calibrate FILE --to figures")
    chosen = runs[runs["reliability_curve"] == options.curve]
    points = tables.curves[["run_key", X, Y, "share", *BANDS]].dropna(subset=[X, Y])
    points = points.merge(chosen[["run_key", "object", "recalibrator", "reliability_curve"]], on="run_key")
    if points.empty:
        return make_empty(tables, f"No reliability curve of the kind {options.curve}.", "Choose another kind.")
    mended = points["recalibrator"].map(lambda name: "" if name in ("", "none") else f", {name}")
    points["panel"] = points["object"] + mended
    panels = list(dict.fromkeys(points["panel"]))
    kept = points[points["panel"].isin(panels[:MOST_PANELS])].assign(mark="curve")
    frame = pd.concat([kept, kept[["run_key"]].drop_duplicates().assign(mark="run")], ignore_index=True)
    notes = [
        "Consistency band: a calibrated model's curve lies in it at 95 % of confidences; confidence band: the true one",
        "Each point by itself: a whole curve leaves a band somewhere more often",
    ]
    if len(panels) > MOST_PANELS:
        notes.append(f"Not shown: {', '.join(panels[MOST_PANELS:])}")
    frame.attrs = {"x": X, "y": Y, "notes": notes}
    return frame


def draw(frame: pd.DataFrame) -> go.Figure:
    """A panel per model, one above the other on the same axes: the diagonal, two bands, the curve."""
    curves = split_marks(frame)["curve"]
    panels = list(dict.fromkeys(curves["panel"]))
    figure = new_figure([1.0] if len(panels) == 1 else [0.75] * len(panels))
    for row, panel in enumerate(panels, start=1):
        own, first = curves[curves["panel"] == panel].sort_values(X), row == 1
        low, high = own["consistent_low"], own["consistent_high"]
        add_band(figure, own[X], low, high, NEUTRAL, "consistency band", row=row, legend=first)
        add_line(figure, (0, 1), (0, 1), DIAGONAL, "calibrated", row=row, legend=first, width=1.2)
        add_band(figure, own[X], own["low"], own["high"], CURVE, "confidence band", row=row, legend=first)
        if (own["reliability_curve"] == "isotonic").all():
            add_line(figure, own[X], own[Y], CURVE, "frequency", row=row, legend=first)
        else:
            add_line(figure, own[X], own[Y], CURVE, "frequency", row=row, legend=False, width=1.2)
            add_points(figure, own, X, Y, CURVE, "frequency", row=row, legend=first)
        last = row == len(panels)
        set_linear_axis(figure, "x", (0, 1), X, row, title=None if last else "")
        title = None if len(panels) == 1 else f"frequency, {panel}"
        set_linear_axis(figure, "y", (0, 1), Y, row, title=title)
    return figure


figure = Figure("Reliability diagram", "calibration", prepare, draw, Options, page="calibration")
