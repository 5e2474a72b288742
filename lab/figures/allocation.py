"""The loss that every size would reach at one budget of compute, the best size, and how little a wrong one costs.

Hoffmann et al. 2022 (arXiv 2203.15556), section 3.4; the flat range after the note that valleys are wide (Besiroglu et
al. 2024, arXiv 2404.10102).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from lab.analysis.laws.fits import fit_joint
from lab.analysis.laws.named import NamedFit
from lab.analysis.plans.allocation import FLAT, Allocation, allocate
from lab.analysis.plans.surfaces import TRAINING
from lab.core.errors import InputError
from lab.core.units import format_count
from lab.figures import Figure
from lab.figures.framing.law import describe_fit
from lab.figures.framing.series import LOSS, keep_positive, make_empty
from lab.figures.ink.axes import format_tick, set_log_axis
from lab.figures.ink.marks import add_band, add_line, add_note, add_points, new_figure, split_marks
from lab.figures.ink.palette import BLUE, GREEN, GREY, INK, Look
from lab.tables import Tables

_SPREAD = 16.0  # how far around the best size the valley is drawn, as a factor
_NODES = 81
_HIGHEST = 1.12  # of the valley's top: runs above are off the axis


@dataclass(frozen=True)
class Options:
    """`budget`: compute as a multiple of the dearest run's 6·N·D; `convention`: what N counts."""

    budget: Literal[1, 3, 10, 30, 100, 1000] = 10
    convention: Literal["params_total", "params_body", "params_active"] = "params_total"


def prepare(tables: Tables, options: Options) -> pd.DataFrame:
    """Rows by `mark`: 'run' (fitted, whatever its compute), 'law' (of the budget, with the interval of the mean),
    'best' (with that of the size, in `low_size` and `high_size`) and 'flat' (ends of the range within 1 %).
    """
    named, x = fit_joint(tables, convention=options.convention), options.convention
    runs = keep_positive(named.rows_used, x, "tokens", LOSS)
    if runs.empty:
        return make_empty(tables, f"No finished run to plan from. {named.fit.reason}")
    shown = runs[[x, LOSS, "tokens", "run_key", "seed"]].assign(mark="run", series="runs fitted")
    compute = options.budget * TRAINING * float((runs[x] * runs["tokens"]).max())
    try:
        plan = allocate(named.fit, compute, rows=named)
    except InputError as error:
        shown.attrs = {"x": x, "y": LOSS, "notes": [describe_fit(named)], "refused": f"No plan:\n{error}"}
        return shown
    frame = pd.concat([shown, *_trace(plan, named, x)], ignore_index=True)
    frame.attrs = {"x": x, "y": LOSS, "notes": _describe(plan, named)}
    return frame


def draw(frame: pd.DataFrame) -> go.Figure:
    """Both axes logarithmic; the axis of the loss is that of the valley, so dearer losses of small runs are off it."""
    figure, x, marks = new_figure(), frame.attrs["x"], split_marks(frame)
    runs = marks["run"]
    if "law" not in marks:
        add_points(figure, runs, x, LOSS, Look(GREY, "circle", "solid"), "runs fitted", faint=True)
        add_note(figure, frame.attrs["refused"])
        set_log_axis(figure, "x", runs[x], x)
        set_log_axis(figure, "y", runs[LOSS], LOSS)
        return figure
    law, look = marks["law"], Look(BLUE, "circle", "solid")
    if law["low"].notna().all():
        add_band(figure, law[x], law["low"], law["high"], look, law["series"].iloc[0], legend=False)
    add_line(figure, law[x], law[LOSS], look, law["series"].iloc[0])
    flat, best = marks["flat"], marks["best"]
    add_line(figure, flat[x], flat[LOSS], Look(GREEN, "circle", "dash"), flat["series"].iloc[0])
    ink = Look(INK, "diamond", "solid")
    ends = best[["low_size", "high_size"]].to_numpy(float).reshape(-1)
    if np.isfinite(ends).all():
        add_line(figure, ends, np.repeat(best[LOSS].to_numpy(float), 2), ink, best["series"].iloc[0], legend=False)
    add_points(figure, best, x, LOSS, ink, best["series"].iloc[0])
    values = [*law[LOSS], *law["low"], *law["high"]]
    near = runs[runs[LOSS] <= _HIGHEST * np.nanmax(values)]
    if len(near):
        add_points(figure, near, x, LOSS, Look(GREY, "circle", "solid"), "runs fitted", faint=True)
    set_log_axis(figure, "x", [*law[x], *runs[x]], x)
    set_log_axis(figure, "y", [*values, *near[LOSS]], LOSS)
    return figure


def _trace(plan: Allocation, named: NamedFit, x: str) -> list[pd.DataFrame]:
    best = plan.find("best size")
    sizes = best.value * np.geomspace(1 / _SPREAD, _SPREAD, _NODES)
    value, low, high = named.fit.predict_mean(size=sizes, tokens=plan.surface.workload.tokens(sizes, plan.compute))
    budget = f"loss at {format_tick(float(f'{plan.compute:.2g}'), 'FLOP')} FLOP"
    law = {"mark": "law", "series": budget, x: sizes, LOSS: value, "low": low, "high": high}
    tokens, least = plan.find("tokens").value, plan.find("mean loss").value
    optimum = {"mark": "best", "series": f"best size, {format_count(best.value)} on {format_count(tokens)} tokens",
               x: [best.value], LOSS: [least], "tokens": [tokens],
               "low_size": [best.low], "high_size": [best.high]}  # fmt: skip
    ends = np.clip([plan.find("flat from").value, plan.find("flat to").value], sizes[0], sizes[-1])
    flat = {"mark": "flat", "series": f"within {100 * FLAT:g} % of the best", x: ends, LOSS: least * (1 + FLAT)}
    return [pd.DataFrame(law), pd.DataFrame(optimum), pd.DataFrame(flat)]


def _describe(plan: Allocation, named: NamedFit) -> list[str]:
    half, double = plan.mistakes
    return [
        f"C = 6·N·D = {plan.compute:.3g} FLOP, {plan.reach['compute']:.3g} times the dearest run's; band: 95 % "
        "interval of the mean; runs are of other compute, those above the axis are not shown",
        f"Best size {plan.find('best size')}, loss of one run {plan.find('loss of one run')}",
        f"Within {100 * FLAT:g} % of the best loss from {format_count(plan.find('flat from').value)} to "
        f"{format_count(plan.find('flat to').value)}; half the size costs {100 * half.regret:.2g} % of the loss, "
        f"twice the size {100 * double.regret:.2g} %",
        *plan.warnings,
        describe_fit(named),
    ]


figure = Figure("Loss against size at one budget", "plan", prepare, draw, Options)
