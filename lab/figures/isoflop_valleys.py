"""IsoFLOP valleys: the loss of every size at equal compute, the parabola through it, and how flat its bottom is.

Hoffmann et al. 2022 (arXiv 2203.15556), figure 3, with the bias of the parabola's vertex beside it (Open-Athena 2026,
arXiv 2603.22339).
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from lab.analysis.optimum.approaches import compare_approaches
from lab.analysis.optimum.comparison import ApproachComparison, Valley
from lab.analysis.optimum.flatness import TOLERANCE
from lab.analysis.optimum.valleys import SAME_BUDGET
from lab.core.units import format_count
from lab.figures import Figure
from lab.figures.framing.approaches import ComputeOptions, describe_refusals
from lab.figures.framing.series import LOSS, make_empty
from lab.figures.ink.axes import format_tick, set_log_axis
from lab.figures.ink.marks import add_line, add_note, add_points, new_figure, split_marks
from lab.figures.ink.palette import INK, Look, choose_looks
from lab.tables import Tables

MOST_VALLEYS = 6  # drawn, evenly chosen: more are a hatching
CURVE = 60  # points of a parabola
_SYMBOLS = {"vertex": ("triangle-down", "vertex, as published"), "corrected": ("star", "vertex, corrected")}


def prepare(tables: Tables, options: ComputeOptions) -> pd.DataFrame:
    """Rows by `mark`: 'run' (at a budget drawn), 'size' (its loss read at the budget), 'parabola', 'vertex',
    'corrected' (the vertex without the parabola's bias) and 'flat' (the ends of the law's range within 1 %).
    """
    comparison = compare_approaches(tables, options.convention, options.compute)
    x, rows = options.convention, comparison.rows
    if rows.empty:
        return make_empty(tables, f"No finished run with {x} and {options.compute}.")
    valleys = comparison.list_valleys()
    chosen = np.unique(np.linspace(0, len(valleys) - 1, min(len(valleys), MOST_VALLEYS)).round().astype(int))
    parts = [_frame_valley(comparison, valleys[k], k) for k in chosen]
    if not parts:
        parts = [rows[[x, LOSS, "run_key"]].assign(mark="run", series="runs")]
    frame = pd.concat(parts, ignore_index=True)
    frame.attrs = {"x": x, "y": LOSS, "notes": _describe(comparison, valleys, len(chosen))}
    if not len(valleys):
        frame.attrs["refused"] = comparison.approaches["valleys"].reason
    return frame


def draw(frame: pd.DataFrame) -> go.Figure:
    """Both axes logarithmic; a colour per budget, vertices in ink."""
    figure, x, marks = new_figure(), frame.attrs["x"], split_marks(frame)
    looks = choose_looks(frame["series"].unique())
    for name, look in looks.items():
        own = {mark: rows[rows["series"] == name] for mark, rows in marks.items()}
        add_points(figure, own["run"], x, LOSS, look, str(name), faint=True, legend="size" not in marks)
        if "size" in own:
            add_points(figure, own["size"], x, LOSS, look, str(name))
        if len(curve := own.get("parabola", frame.iloc[:0])):
            add_line(figure, curve[x], curve[LOSS], look, str(name), legend=False, width=1.4)
    if "flat" in marks:
        for place, (_, ends) in enumerate(marks["flat"].groupby("series", sort=False)):
            look = Look(INK, "circle", "solid")
            add_line(figure, ends[x], ends[LOSS], look, "within 1 % of the best loss", legend=not place, opacity=0.7)
    for mark, (symbol, name) in _SYMBOLS.items():
        if mark in marks:
            add_points(figure, marks[mark], x, LOSS, Look(INK, symbol, "solid"), name, hollow=mark == "vertex")
    if "refused" in frame.attrs:
        add_note(figure, f"No valley: {frame.attrs['refused']}")
    set_log_axis(figure, "x", frame[x], x)
    set_log_axis(figure, "y", frame[LOSS], LOSS)
    return figure


def _frame_valley(comparison: ApproachComparison, valley: Valley, k: int) -> pd.DataFrame:
    x, rows, found = comparison.convention, comparison.rows, comparison.valleys
    near = np.abs(np.log(rows[comparison.compute] / valley.flops)) <= SAME_BUDGET
    sizes, losses = np.exp(comparison.grid.log_sizes), found.losses[0, :, k]
    reached = np.isfinite(losses)
    parts = [
        rows.loc[near, [x, LOSS, "run_key", "seed"]].assign(mark="run"),
        pd.DataFrame({"mark": "size", x: sizes[reached], LOSS: losses[reached]}),
    ]
    if not valley.refused:
        parts += _trace_parabola(comparison, valley, k, np.log(sizes[reached]))
    frame: pd.DataFrame = pd.concat(parts, ignore_index=True)
    name = f"C = {format_tick(valley.flops, 'FLOP')} FLOP"
    return frame.assign(series=name, flop=valley.flops, refused=valley.refused)


def _trace_parabola(
    comparison: ApproachComparison, valley: Valley, k: int, log_sizes: np.ndarray
) -> list[pd.DataFrame]:
    """The parabola across the sizes that reach the budget, its vertex, that corrected, and the flat range."""
    x, corrected = comparison.convention, valley.corrected
    vertex, bottom, bend = (float(v[0, k]) for v in comparison.valleys.parabolas[:3])

    def rise(log_size: np.ndarray) -> np.ndarray:
        return np.asarray(bottom + bend / 2 * (log_size - vertex) ** 2)

    span = np.linspace(log_sizes.min(), log_sizes.max(), CURVE)
    parts = [
        pd.DataFrame({"mark": "parabola", x: np.exp(span), LOSS: rise(span)}),
        pd.DataFrame({"mark": ["vertex"], x: [valley.best.value], LOSS: [bottom]}),
    ]
    if np.isfinite(corrected.value):
        at = np.array([corrected.value])
        ends = {"low": corrected.low, "high": corrected.high}
        parts.append(pd.DataFrame({"mark": "corrected", x: at, LOSS: rise(np.log(at)), **ends}))
    flat = np.array([e.value for e in comparison.estimate_flat(valley.flops)])
    if np.isfinite(flat).all():
        within = np.clip(flat, np.exp(log_sizes.min()), np.exp(log_sizes.max()))
        parts.append(pd.DataFrame({"mark": "flat", x: within, LOSS: bottom * (1 + TOLERANCE)}))
    return parts


def _describe(comparison: ApproachComparison, valleys: list[Valley], drawn: int) -> list[str]:
    refused = [f"{format_count(v.flops, 'FLOP')}: {v.refused}" for v in valleys if v.refused]
    _, high = comparison.span
    bias = comparison.estimate_bias(high)
    low_end, high_end = comparison.estimate_flat(high)
    told = [
        f"{drawn} of {len(valleys)} budgets that three sizes reach; full points: seeds averaged, between horizons "
        f"interpolated; faint: runs at the budget, {comparison.compute}",
        "Horizontal bars: sizes whose loss by the joint law is within 1 % of its best, as far as sizes ran",
    ]
    if bias.has_interval:
        told.append(f"At {format_count(high, 'FLOP')} the published vertex over the corrected one is {bias}")
    if low_end.has_interval:
        told.append(f"Flat there from {low_end} to {high_end}")
    if refused:
        told.append(f"No best size at {'; '.join(refused)}")
    return told + describe_refusals(comparison)


figure = Figure("IsoFLOP valleys", "optimum", prepare, draw, ComputeOptions)
