"""The learning rate: its parabola per horizon, how the best one drifts with the horizon, and how a single one tilts β.

The parabola in log η is the local form of the loss around the best rate; a best rate on the edge of what was tried is
no best rate and its cell is refused by every fit (Porian et al. 2024, arXiv 2406.19146, section 3.4: tuning matters).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from lab.analysis.laws.rates_effect import fit_tokens_by_rate
from lab.analysis.learning_rates import CELL, compare_rates, summarize_rates
from lab.figures import Figure
from lab.figures.framing.series import LOSS, average_seeds, keep_positive, make_empty, name_horizons, name_sizes
from lab.figures.ink.axes import set_linear_axis, set_log_axis
from lab.figures.ink.marks import add_intervals, add_line, add_points, add_reference, new_figure
from lab.figures.ink.palette import GREY, INK, Look, choose_looks
from lab.tables import Tables

TILT = "tilt"


@dataclass(frozen=True)
class Options:
    """`view`: loss against rate at one size (parabola), best rate against horizon (drift), or what one rate for all
    horizons does to β (tilt).
    """

    view: Literal["parabola", "drift", "tilt"] = "parabola"
    size: Literal["largest", "smallest"] = "largest"


def prepare(tables: Tables, options: Options) -> pd.DataFrame:
    """Rows by `mark`: 'run' (a rate tried), 'parabola' and 'best' (open on the edge), or 'tilt' and its 'mean'."""
    if options.view == "tilt":
        return _frame_tilt(tables)
    runs = keep_positive(tables.runs, "learning_rate", "tokens")
    cells = summarize_rates(runs)
    if cells.empty:
        return make_empty(tables, "No finished run with a learning rate.")
    cells = cells.merge(runs.drop_duplicates(CELL)[[*CELL, "params_total"]], on=CELL)
    frame = _frame_parabolas(runs, cells, options.size) if options.view == "parabola" else _frame_drift(runs, cells)
    edge, stored = int(cells["on_edge"].sum()), int(cells["stored"].sum())
    frame.attrs = {
        "x": "learning_rate" if options.view == "parabola" else "tokens",
        "y": LOSS if options.view == "parabola" else "learning_rate",
        "notes": [
            f"{len(cells)} cells (size × horizon): {edge} with the best rate on the edge of what was tried (open "
            f"markers, not fitted), {stored} with one stored rate that was not tuned here",
            "Small markers: rates tried; large markers: the best, at the vertex of the parabola in log η",
        ],
    }
    return frame


def draw(frame: pd.DataFrame) -> go.Figure:
    """A look per horizon (parabola) or per size (drift); both axes logarithmic; a best rate on the edge is open."""
    x, y = frame.attrs["x"], frame.attrs["y"]
    if y == TILT:
        return _draw_tilt(frame)
    figure = new_figure()
    if y == "learning_rate":  # the same few rates at every size: one quiet mark each
        tried = frame[frame["mark"] == "run"].drop_duplicates([x, y])
        add_points(figure, tried, x, y, Look(GREY, "line-ew", "solid"), "tried", faint=True)
        figure.data[-1].legendrank = 1200
    for name, look in choose_looks(frame["series"].unique()).items():
        own = frame[frame["series"] == name]
        runs, curve, best = (own[own["mark"] == mark] for mark in ("run", "parabola", "best"))
        add_line(figure, curve[x], curve[y], look, name, width=1.2, legend=False)
        if y == LOSS:
            add_points(figure, runs, x, y, look, name, faint=True, legend=False)
        else:
            add_line(figure, best[x], best[y], look, name, width=1.2, legend=False)
        inner, edge = (best[best["on_edge"] == side] for side in (False, True))
        add_points(figure, inner, x, y, look, name, legend=len(inner) > 0)
        add_points(figure, edge, x, y, look, f"{name}, on the edge", hollow=True, legend=len(edge) > 0)
    set_log_axis(figure, "x", frame[x], x)
    set_log_axis(figure, "y", frame[y], y, title="Best learning rate η" if y == "learning_rate" else None)
    return figure


def _frame_parabolas(runs: pd.DataFrame, cells: pd.DataFrame, which: str) -> pd.DataFrame:
    chosen = runs["params_total"].max() if which == "largest" else runs["params_total"].min()
    runs = runs[runs["params_total"] == chosen].sort_values(["tokens", "learning_rate"])
    runs = runs.assign(series=name_horizons, mark="run")
    best = cells[cells["params_total"] == chosen].assign(series=name_horizons, mark="best")
    # A merge finds a cell even where its family or optimizer is unknown.
    losses = [compare_rates(runs.merge(best.iloc[[row]][CELL], on=CELL)) for row in range(len(best))]
    best[LOSS] = [compared[rate] for compared, rate in zip(losses, best["learning_rate"], strict=True)]
    curves = [_trace_parabola(cell, compared) for (_, cell), compared in zip(best.iterrows(), losses, strict=True)]
    best = _move_to_vertex(best)
    best[LOSS] = best["vertex_loss"].fillna(best[LOSS])
    columns = ["mark", "series", "tokens", "params_total", "learning_rate", LOSS]
    tried = runs[runs["status"] == "done"]
    parts = [tried[[*columns, "run_key", "seed"]], *curves, best[[*columns, "on_edge", "stored"]]]
    return pd.concat([part for part in parts if len(part)], ignore_index=True)


def _trace_parabola(cell: pd.Series, losses: pd.Series) -> pd.DataFrame:
    """The parabola in ln η through the best rate and its neighbours, whose vertex `summarize_rates` reports."""
    if np.isnan(cell["vertex"]):
        return pd.DataFrame()
    best = int(np.flatnonzero(losses.index == cell["learning_rate"])[0])
    around = losses.iloc[best - 1 : best + 2]
    rates = around.index.to_numpy(float)
    at = np.geomspace(rates[0], rates[-1], 40)
    curve = np.polyval(np.polyfit(np.log(rates / rates[1]), around.to_numpy(float), 2), np.log(at / rates[1]))
    told = {"mark": "parabola", "series": cell["series"], "tokens": cell["tokens"]}
    return pd.DataFrame({**told, "learning_rate": at, LOSS: curve})


def _move_to_vertex(cells: pd.DataFrame) -> pd.DataFrame:
    return cells.assign(learning_rate=cells["vertex"].fillna(cells["learning_rate"]))


def _frame_drift(runs: pd.DataFrame, cells: pd.DataFrame) -> pd.DataFrame:
    tried = runs[runs["status"] == "done"].sort_values(["params_total", "tokens"]).assign(series=name_sizes, mark="run")
    cells = _move_to_vertex(cells).sort_values(["params_total", "tokens"]).assign(series=name_sizes, mark="best")
    columns = ["mark", "series", "params_total", "tokens", "learning_rate"]
    parts = [tried[[*columns, "run_key"]], cells[[*columns, "on_edge", "stored", "rates_tried"]]]
    return pd.concat(parts, ignore_index=True)


def _frame_tilt(tables: Tables) -> pd.DataFrame:
    """β under each single rate minus β under every horizon's best, by size and as their mean with its interval."""
    effect = fit_tokens_by_rate(tables).frame
    if effect.empty:
        return make_empty(tables, "No seed tried several learning rates to three horizons or more.")
    known = tables.runs[tables.runs["learning_rate"].notna() & (tables.runs["status"] == "done")]
    runs = known.merge(effect, on=["size", "seed", "learning_rate"]).assign(series=name_sizes, mark="tilt")
    runs = runs.sort_values(["params_total", "learning_rate", "tokens"])
    by_size = effect.groupby(["size", "learning_rate"])[TILT].mean().reset_index()
    means = average_seeds(by_size, ["learning_rate"], TILT).assign(mark="mean", series="mean over sizes")
    columns = ["mark", "series", "learning_rate", TILT, "beta", "beta_best", "tokens", "seed", "run_key"]
    frame = pd.concat([runs[columns], means], ignore_index=True)
    told = "β: slope of ln L over ln D; tilt: β at one rate for all horizons minus β at each horizon's best rate"
    frame.attrs = {"x": "learning_rate", "y": TILT, "notes": [told, "Bars: 95 % interval over sizes (Student's t)"]}
    return frame


def _draw_tilt(frame: pd.DataFrame) -> go.Figure:
    x, figure = "learning_rate", new_figure()
    sizes, means = (frame[frame["mark"] == mark] for mark in ("tilt", "mean"))
    add_reference(figure, (frame[x].min(), frame[x].max()), 0.0, "each horizon at its best rate")
    figure.data[-1].legendrank = 1200
    for name, look in choose_looks(sizes["series"].unique()).items():
        own = sizes[sizes["series"] == name].drop_duplicates([x, "seed"])
        add_line(figure, own[x], own[TILT], look, name, width=1.0, opacity=0.6, legend=False)
        add_points(figure, own, x, TILT, look, name, faint=True)
    add_intervals(figure, means, x, TILT, Look(INK, "circle", "solid"), "mean over sizes")
    set_log_axis(figure, "x", frame[x], x)
    set_linear_axis(figure, "y", [*frame[TILT], 0.0], TILT, title="Tilt of β")
    return figure


figure = Figure("Learning rates", "training", prepare, draw, Options)
