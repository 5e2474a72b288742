"""The best size against compute by the three approaches, and how flat the optimum is around the joint law's.

Hoffmann et al. 2022 (arXiv 2203.15556), figures 1 and 3; approach 2 as published and with its bias taken out.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from lab.analysis.optimum.approaches import compare_approaches
from lab.analysis.optimum.comparison import LAW, ApproachComparison
from lab.figures import Figure
from lab.figures.framing.approaches import ComputeOptions, describe_refusals, label_approach
from lab.figures.framing.series import make_empty
from lab.figures.ink.axes import set_log_axis
from lab.figures.ink.marks import add_band, add_intervals, add_line, add_note, add_points, new_figure, split_marks
from lab.figures.ink.palette import EXCLUDED, INK, Look, choose_looks
from lab.tables import Tables

STEPS = 24  # of a line across the span


def prepare(tables: Tables, options: ComputeOptions) -> pd.DataFrame:
    """Rows by `mark`: 'run' (a size and the compute it was trained with), 'approach' (N* with its interval), 'valley'
    (N* of one valley, corrected where there is a law to correct it by), 'flat' (sizes within 1 % of the best loss).
    """
    comparison = compare_approaches(tables, options.convention, options.compute)
    x, y, rows = options.compute, options.convention, comparison.rows
    if rows.empty:
        return make_empty(tables, f"No finished run with {y} and {x}.")
    runs = rows[[x, y, "run_key", "seed"]].assign(mark="run", series="runs")
    frame = pd.concat([runs, *_trace(comparison), _list_valleys(comparison)], ignore_index=True)
    refused = [a for a in comparison.approaches.values() if a.reason]
    notes = ["Bands: 95 % intervals; dotted: sizes whose loss by the joint law is within 1 % of its best"]
    notes += [str(e.name) + " = " + str(e) for e in comparison.list_disagreements(comparison.span[1]) if e.has_interval]
    frame.attrs = {"x": x, "y": y, "notes": notes + describe_refusals(comparison)}
    if len(refused) == len(comparison.approaches):
        frame.attrs["refused"] = f"No best size:\n{comparison.approaches[LAW].reason}"
    return frame


def draw(frame: pd.DataFrame) -> go.Figure:
    """Both axes logarithmic; a band per approach, the runs' own sizes and compute faint behind."""
    figure, x, y, marks = new_figure(), frame.attrs["x"], frame.attrs["y"], split_marks(frame)
    add_points(figure, marks["run"], x, y, Look(EXCLUDED.color, "line-ew", "dot"), "runs", faint=True)
    if "refused" in frame.attrs:
        add_note(figure, frame.attrs["refused"])
    lines = marks.get("approach", frame.iloc[:0])
    for name, look in choose_looks(lines["series"].unique()).items():
        own = lines[lines["series"] == name]
        if own["low"].notna().all():
            add_band(figure, own[x], own["low"], own["high"], look, str(name), legend=False)
        add_line(figure, own[x], own[y], look, str(name))
    for place, end in enumerate(("low", "high")):
        if "flat" in marks:
            flat = marks["flat"]
            add_line(figure, flat[x], flat[end], Look(INK, "circle", "dot"), "within 1 %", legend=not place, width=1.4)
    if "valley" in marks:
        name = marks["valley"]["series"].iloc[0]
        add_intervals(figure, marks["valley"], x, y, Look(INK, "circle", "solid"), name)
    set_log_axis(figure, "x", frame[x], x)
    set_log_axis(figure, "y", frame[y], y)
    return figure


def _trace(comparison: ApproachComparison) -> list[pd.DataFrame]:
    parts, at = [], np.geomspace(*comparison.span, STEPS)
    for name, approach in comparison.approaches.items():
        if approach.reason:
            continue
        found = [comparison.estimate_best(name, flops) for flops in at]
        ends = {"low": [e.low for e in found], "high": [e.high for e in found]}
        line = {comparison.compute: at, comparison.convention: [e.value for e in found], **ends}
        parts.append(pd.DataFrame({"mark": "approach", "series": label_approach(comparison, approach), **line}))
    if not comparison.approaches[LAW].reason:
        low, high = zip(*(comparison.estimate_flat(flops) for flops in at), strict=True)
        ends = {"low": [e.value for e in low], "high": [e.value for e in high]}
        parts.append(pd.DataFrame({"mark": "flat", "series": "within 1 %", comparison.compute: at, **ends}))
    return parts


def _list_valleys(comparison: ApproachComparison) -> pd.DataFrame:
    valleys = [valley for valley in comparison.list_valleys() if not valley.refused]
    corrected = not comparison.approaches[LAW].reason
    found = [valley.corrected if corrected else valley.best for valley in valleys]
    columns = {"low": [e.low for e in found], "high": [e.high for e in found]}
    columns |= {comparison.compute: [v.flops for v in valleys], comparison.convention: [e.value for e in found]}
    return pd.DataFrame({"mark": "valley", "series": f"valleys{', corrected' if corrected else ''}", **columns})


figure = Figure("Best size against compute", "optimum", prepare, draw, ComputeOptions)
