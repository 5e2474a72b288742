"""What examined models know and how far they trust themselves, against their size, paper by paper.

After Kadavath et al. 2022 (arXiv 2207.05221), figures 4 to 6 and 10: multiple choice with and without examples, with
'none of the above', behind evidence, of facts younger than the cutoff; P(True) and P(IK).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import pandas as pd
import plotly.graph_objects as go

from lab.figures import Figure
from lab.figures.framing.series import average_seeds, keep_positive, make_empty, name_horizons
from lab.figures.ink.axes import set_linear_axis, set_log_axis
from lab.figures.ink.marks import add_intervals, add_line, add_reference, new_figure, split_marks
from lab.figures.ink.palette import choose_looks
from lab.tables import Tables

SIZE, VALUE = "params_total", "value"
PAPERS = {
    "open": "open question",
    "choice": "choice",
    "shots": "choice behind examples",
    "none": "choice, perhaps none",
    "evidence": "choice behind evidence",
    "recent": "choice, after the cutoff",
}
AREAS = {
    "p_true_auc": "P(True)",
    "p_ik_auc": "P(IK)",
    "p_ik_off_auc": "P(IK) off its task",
    "confidence_auc": "own confidence",
}
VIEWS = {
    "calibration error": ("rms", "Calibration error, noise taken off"),
    "accuracy": ("accuracy", "Share answered right"),
    "overconfidence": ("over", "Mean confidence − accuracy"),
    "true gap": ("true_gap", "Mean |confidence − the right one|"),
    "self-knowledge": ("", "AUC, right or wrong"),
}
CHANCE = 0.5


@dataclass(frozen=True)
class Options:
    """`view`: which marks are drawn; `horizon`: of whose models."""

    view: Literal["calibration error", "accuracy", "overconfidence", "true gap", "self-knowledge"] = "calibration error"
    horizon: Literal["longest", "shortest"] = "longest"


def prepare(tables: Tables, options: Options) -> pd.DataFrame:
    """Rows by `mark`: 'mean' over seeds with its interval, and 'run', by paper (or by area) and size."""
    runs = tables.runs[tables.runs["status"].eq("done")]
    runs = keep_positive(runs.dropna(subset=["questions"]) if "questions" in runs else runs.iloc[:0], SIZE, "tokens")
    if runs.empty:
        return make_empty(tables, "No finished run that was examined.")
    tokens = runs["tokens"].max() if options.horizon == "longest" else runs["tokens"].min()
    runs = runs[runs["tokens"] == tokens]
    told = runs.assign(series=name_horizons)["series"].iloc[0]
    column, title = VIEWS[options.view]
    shown = {spoken: _read(runs, paper, column) for paper, spoken in PAPERS.items()} if column else {
        spoken: runs[name] for name, spoken in AREAS.items() if name in runs
    }  # fmt: skip
    parts = [
        runs[["run_key", SIZE, "seed"]].assign(mark="run", series=name, **{VALUE: values.astype(float)}).dropna()
        for name, values in shown.items()
        if values is not None
    ]
    long = pd.concat(parts, ignore_index=True)
    means = average_seeds(long, ["series", SIZE], VALUE).assign(mark="mean")
    frame: pd.DataFrame = pd.concat([long, means], ignore_index=True)
    frame.attrs = {
        "x": SIZE,
        "y": VALUE,
        "y_unit": "AUC" if not column else "",
        "title": title,
        "notes": [f"{told}; means over seeds, bars 95 % (Student's t)", f"{options.view.capitalize()} by paper"],
    }
    return frame


def draw(frame: pd.DataFrame) -> go.Figure:
    """A line per paper, or per area with the line of chance."""
    figure, marks = new_figure(), split_marks(frame)
    for name, look in choose_looks(marks["mean"]["series"].unique()).items():
        own = marks["mean"][marks["mean"]["series"] == name].sort_values(SIZE)
        add_line(figure, own[SIZE], own[VALUE], look, str(name), legend=False, width=1.2)
        add_intervals(figure, own, SIZE, VALUE, look, str(name))
    heights = frame[[VALUE, "low", "high"]].to_numpy(float).ravel()
    if frame.attrs["y_unit"]:
        add_reference(figure, (frame[SIZE].min(), frame[SIZE].max()), CHANCE, "chance")
    set_log_axis(figure, "x", frame[SIZE], SIZE)
    unit = f" ({frame.attrs['y_unit']})" if frame.attrs["y_unit"] else ""
    set_linear_axis(figure, "y", heights, VALUE, title=f"{frame.attrs['title']}{unit}")
    return figure


def _read(runs: pd.DataFrame, paper: str, column: str) -> pd.Series | None:
    """A column of a paper, or what its mean confidence exceeds its accuracy by; None where it was not asked."""
    names = [f"{paper}_{column}"] if column != "over" else [f"{paper}_confidence", f"{paper}_accuracy"]
    if not set(names) <= set(runs.columns):
        return None
    values: pd.Series = runs[names[0]].astype(float)
    return values if len(names) == 1 else values - runs[names[1]].astype(float)


figure = Figure("What models know that they know", "knowledge", prepare, draw, Options, page="calibration")
