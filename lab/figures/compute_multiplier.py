"""Recipes side by side: the least loss each reaches for its compute, and how much compute one needs for another's loss.

The multiplier is C_g(L_ref(C)) / C on the frontiers of one fit to all recipes (Hernandez and Brown 2020, arXiv
2005.04305, measured it at one loss); a slope across scale means that the change shifts more than the offset.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import pandas as pd
import plotly.graph_objects as go

from lab.analysis.comparisons.multipliers import Multiplier, measure_multipliers, trace_frontiers
from lab.analysis.comparisons.recipes import RecipeComparison, compare_recipes
from lab.analysis.selection import select_runs
from lab.figures import Figure
from lab.figures.framing.series import LOSS, keep_positive, make_empty
from lab.figures.ink.axes import set_log_axis
from lab.figures.ink.marks import (
    add_band,
    add_intervals,
    add_line,
    add_note,
    add_points,
    add_reference,
    new_figure,
    split_marks,
)
from lab.figures.ink.palette import Look, choose_looks
from lab.tables import Tables

MULTIPLIER = "multiplier"
_LAWS = {"joint": "chinchilla", "frontier": "power"}


@dataclass(frozen=True)
class Options:
    """`by`: the column that tells recipes apart; `through`: the frontier of a joint law of N and D, or a law fitted to
    the runs on each recipe's own frontier; `compute`: which C.
    """

    by: Literal["optimizer", "family", "source"] = "optimizer"
    through: Literal["joint", "frontier"] = "joint"
    compute: Literal["flops", "flops_6nd"] = "flops"


def prepare(tables: Tables, options: Options) -> pd.DataFrame:
    """Rows by `mark`: 'run', 'frontier' (least loss by the fit), 'multiplier' and 'beyond' (within and past the runs;
    value with its interval), 'equal' (1).
    """
    x = options.compute
    runs = keep_positive(select_runs(tables, options.by).rows, x, LOSS)
    if runs.empty:
        return make_empty(tables, "No finished run to compare.")
    found = compare_recipes(tables, options.by, _LAWS[options.through], "compute", compute=x)
    multipliers = measure_multipliers(found, points=25)
    runs = runs.assign(mark="run", series=runs[options.by].astype(str))
    parts = [runs.sort_values(["series", x])[["mark", "series", x, LOSS, "run_key", "seed"]]]
    frontiers = trace_frontiers(found)
    if len(frontiers):
        parts.append(frontiers.assign(mark="frontier"))
    parts += [_frame(m, x) for m in multipliers if not m.reason]
    frame = pd.concat(parts, ignore_index=True)
    if len(parts) > 2:
        ends = [frame[x].min(), frame[x].max()]
        equal = {"mark": "equal", "series": f"as much as {found.groups[0]}", x: ends, "value": 1.0}
        frame = pd.concat([frame, pd.DataFrame(equal)], ignore_index=True)
    frame.attrs = {"x": x, "y": LOSS, "notes": _describe(found, multipliers)}
    if refusal := found.reason or "; ".join(m.reason for m in multipliers if m.reason):
        frame.attrs["refused"] = f"No multiplier: {refusal}"
    return frame


def draw(frame: pd.DataFrame) -> go.Figure:
    """Runs and frontiers above, the multiplier below; open markers are extrapolated."""
    x, marks = frame.attrs["x"], split_marks(frame)
    multiplied = marks.get("multiplier")
    figure = new_figure((0.62, 0.5)) if multiplied is not None else new_figure()
    looks = choose_looks(marks["run"]["series"].unique())
    for name, own in marks["run"].groupby("series", sort=False):
        add_points(figure, own, x, LOSS, looks[name], str(name), faint=True)
        if "frontier" in marks:
            line = marks["frontier"][marks["frontier"]["series"] == name]
            add_line(figure, line[x], line[LOSS], Look(looks[name].color, "circle", "solid"), str(name), legend=False)
    if "refused" in frame.attrs:
        add_note(figure, frame.attrs["refused"])
    set_log_axis(figure, "y", frame[LOSS], LOSS)
    if multiplied is None:
        set_log_axis(figure, "x", frame[x], x)
        return figure
    for name, own in multiplied.groupby("series", sort=False):
        look, beyond = looks[str(name)], marks["beyond"][marks["beyond"]["series"] == name]
        add_band(figure, own[x], own["low"], own["high"], look, str(name), row=2, legend=False)
        add_line(figure, own[x], own["value"], Look(look.color, "circle", "solid"), str(name), row=2, legend=False)
        ahead = pd.concat([own.tail(1), beyond])
        add_line(figure, ahead[x], ahead["value"], Look(look.color, "circle", "dot"), str(name), row=2, legend=False)
        add_intervals(figure, beyond, x, "value", look, f"{name}, extrapolated", row=2, hollow=True)
    equal = marks["equal"]
    add_reference(figure, (equal[x].iloc[0], equal[x].iloc[-1]), 1.0, equal["series"].iloc[0], row=2)
    set_log_axis(figure, "x", frame[x], x, title="")
    figure.update_xaxes(showticklabels=False, row=1, col=1)
    set_log_axis(figure, "x", frame[x], x, row=2)
    ends = multiplied[["low", "high"]].to_numpy().ravel()
    values = [*ends, *marks["beyond"]["value"], 1.0]
    set_log_axis(figure, "y", values, MULTIPLIER, row=2, title="Compute multiplier")
    return figure


def _frame(multiplier: Multiplier, x: str) -> pd.DataFrame:
    """The rows within the runs, and the first beyond them."""
    rows = multiplier.frame
    within = rows["place"] == "within"
    kept = rows[within | (rows.index == within.sum())]
    place = {True: "multiplier", False: "beyond"}
    return kept[[x, "value", "low", "high"]].assign(mark=within.map(place), series=multiplier.group)


def _describe(found: RecipeComparison, multipliers: list[Multiplier]) -> list[str]:
    if found.reason:
        return [f"No multiplier: {found.reason}. Next: {found.next_step}"]
    dropped = (f"{name} is left out: {why}" for name, why in found.dropped.items())
    told = (*(m.describe() for m in multipliers), *(found.describe(group) for group in found.groups[1:]))
    band = "Lines: frontiers of one fit to all recipes; bands and bars: 95 % intervals; open markers: extrapolated"
    return [band, *told, *found.notes, *dropped]


figure = Figure("Compute one recipe needs for another's loss", "compare", prepare, draw, Options)
