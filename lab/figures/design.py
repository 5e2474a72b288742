"""The next runs: how the interval of a forecast narrows with the compute spent on them, and where they stand.

A c-optimal design (Pukelsheim 1993, Optimal Design of Experiments, chapter 2) for the best size at a larger budget.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from lab.analysis.laws.fits import fit_joint
from lab.analysis.plans.allocation import allocate
from lab.analysis.plans.design import Design, design_runs, tabulate_design
from lab.analysis.plans.surfaces import TRAINING
from lab.core.errors import InputError
from lab.core.units import format_count
from lab.figures import Figure
from lab.figures.framing.law import describe_fit
from lab.figures.framing.series import LOSS, keep_positive, make_empty
from lab.figures.ink.axes import set_linear_axis, set_log_axis
from lab.figures.ink.marks import add_line, add_note, add_points, add_reference, new_figure, split_marks
from lab.figures.ink.palette import BLUE, GREY, INK, VERMILION, Look
from lab.tables import Tables

WIDTH = "half_width_percent"
SPENT = "flops"
_KINDS = {"run": "of one run", "mean": "of the mean"}


@dataclass(frozen=True)
class Options:
    """Both in multiples of the dearest run's 6·N·D: `target`, the compute whose best size is foretold, and `budget`,
    what the new runs may cost together; `convention`: what N counts.
    """

    target: Literal[3, 10, 30, 100] = 10
    budget: Literal[1, 3, 10] = 3
    convention: Literal["params_total", "params_body", "params_active"] = "params_total"


def prepare(tables: Tables, options: Options) -> pd.DataFrame:
    """Rows by `mark`: 'width' (after each new run, by series), 'before' (without any), 'run' (fitted), 'new' (horizons
    of the new runs, by `order`) and 'target'.
    """
    named, x = fit_joint(tables, convention=options.convention), options.convention
    runs = keep_positive(named.rows_used, x, "tokens", LOSS)
    if runs.empty:
        return make_empty(tables, f"No finished run to plan from. {named.fit.reason}")
    shown = runs[[x, "tokens", "run_key", "seed"]].assign(mark="run", series="runs fitted")
    dearest = TRAINING * float((runs[x] * runs["tokens"]).max())
    try:
        plan = allocate(named.fit, options.target * dearest)
        target = {"size": plan.find("best size").value, "tokens": plan.find("tokens").value}
        design = design_runs(named, target, options.budget * dearest)
    except InputError as error:
        shown.attrs = {"x": "tokens", "y": x, "notes": [describe_fit(named)], "refused": f"No design:\n{error}"}
        return shown
    frame = pd.concat([shown, *_trace(design, x)], ignore_index=True)
    notes = [*_describe(design, options), describe_fit(named)]
    frame.attrs = {"x": SPENT, "y": WIDTH, "size": x, "notes": notes}
    return frame


def draw(frame: pd.DataFrame) -> go.Figure:
    """Above, the half-width against compute spent; below, sizes and horizons of the runs old and new."""
    marks = split_marks(frame)
    if "width" not in marks:
        figure = new_figure()
        _draw_plane(figure, marks, frame.attrs["y"], 1)
        add_note(figure, frame.attrs["refused"])
        return figure
    figure = new_figure((0.62, 0.62), share_x=False)
    width, before = marks["width"], marks["before"]
    ends = (float(width[SPENT].min()), float(width[SPENT].max()))
    for (kind, words), color in zip(_KINDS.items(), (BLUE, VERMILION), strict=True):
        own, look = width[width["series"] == kind], Look(color, "circle", "solid")
        add_line(figure, own[SPENT], own[WIDTH], look, words, legend=False)
        add_points(figure, own, SPENT, WIDTH, look, words)
        now = float(before.loc[before["series"] == kind, WIDTH].iloc[0])
        add_line(figure, ends, (now, now), Look(color, "circle", "dot"), f"{words}, now", width=1.4)
    floor = float(marks["luck"][WIDTH].iloc[0])
    add_reference(figure, ends, floor, "luck of one run alone")
    set_log_axis(figure, "x", width[SPENT], SPENT, title="Compute of the new runs (FLOP)")
    set_linear_axis(figure, "y", [0.0, *width[WIDTH], *before[WIDTH], floor], WIDTH, title="± of the forecast (%)")
    _draw_plane(figure, marks, frame.attrs["size"], 2)
    figure.update_yaxes(domain=[0.6, 1.0], row=1, col=1)
    figure.update_yaxes(domain=[0.0, 0.4], row=2, col=1)
    return figure


def _draw_plane(figure: go.Figure, marks: dict[str, pd.DataFrame], x: str, row: int) -> None:
    runs = marks["run"]
    add_points(figure, runs, "tokens", x, Look(GREY, "circle", "solid"), "runs fitted", row=row, faint=True)
    shown = [runs]
    if (new := marks.get("new")) is not None:
        look = Look(BLUE, "square", "solid")
        for place, (_, own) in enumerate(new.groupby("order")):
            add_line(figure, own["tokens"], own[x], look, "new runs", row=row, legend=False, width=1.2)
            add_points(figure, own, "tokens", x, look, "new runs", row=row, legend=not place, hollow=True)
        target = marks["target"]
        add_points(figure, target, "tokens", x, Look(INK, "star", "solid"), "target", row=row)
        shown += [new, target]
    set_log_axis(figure, "x", pd.concat(shown)["tokens"], "tokens", row=row)
    set_log_axis(figure, "y", pd.concat(shown)[x], x, row=row, title="N (parameters)")


def _trace(design: Design, x: str) -> list[pd.DataFrame]:
    table = tabulate_design(design)
    parts = []
    for kind in _KINDS:
        after = {SPENT: table["spent"], WIDTH: table[f"{kind}_after"], "order": table["order"]}
        parts.append(pd.DataFrame({"mark": "width", "series": kind, **after}))
        parts.append(pd.DataFrame({"mark": ["before"], "series": kind, WIDTH: [table[f"{kind}_before"].iloc[0]]}))
    luck = 100 * math.expm1(math.sqrt(design.run**2 - design.mean**2))
    parts.append(pd.DataFrame({"mark": ["luck"], "series": "luck", WIDTH: [luck]}))
    new = table.explode("horizons").rename(columns={"horizons": "tokens", "size": x})
    new = new[["order", x, "tokens", "seed", "cost"]].astype({"tokens": float})
    parts.append(new.assign(mark="new", series="new runs"))
    parts.append(pd.DataFrame({"mark": ["target"], "series": "target", x: design.target["size"],
                               "tokens": design.target["tokens"]}))  # fmt: skip
    return parts


def _describe(design: Design, options: Options) -> list[str]:
    table, target = tabulate_design(design), design.target
    before, after = table["run_before"].iloc[0], table["run_after"].iloc[-1]
    place = f"N = {format_count(target['size'])}, D = {format_count(target['tokens'])}"
    return [
        f"Target: the best size at {options.target} times the dearest run's compute, {place}",
        f"{len(table)} new runs of {format_count(float(table['spent'].iloc[-1]), 'FLOP')} together, in the order of "
        f"gain per FLOP, take the 95 % interval of one run there from ± {before:.2g} % to ± {after:.2g} %",
        f"Luck of a run {100 * design.luck.row:.2g} %, of a trunk {100 * design.luck.trunk:.2g} %; by the fit's own "
        f"interval the mean now has ± {100 * np.expm1(design.fitted):.2g} %",
    ]


figure = Figure("The next runs and what they tell", "plan", prepare, draw, Options)
