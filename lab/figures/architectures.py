"""Families of nets at about equal size: loss against tokens, FLOPs or CPU-seconds, or their ranks size by size.

The question of Tay et al. 2022 (arXiv 2207.10551), and that of the axis: who leads depends on what one pays in.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import Literal

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from lab.analysis.comparisons.architectures import Architectures, collect_architectures, rank_families
from lab.core.units import format_count
from lab.figures import Figure
from lab.figures.framing.series import LOSS, average_seeds, make_empty
from lab.figures.ink.axes import set_linear_axis, set_log_axis
from lab.figures.ink.marks import add_band, add_intervals, add_line, add_points, new_figure, split_marks
from lab.figures.ink.palette import INK, choose_looks
from lab.tables import Tables

_SHADES = [[0.0, "#5aa0d6"], [0.5, "#a9cdea"], [1.0, "#eef4fa"]]  # dark is the lowest loss; all bear black text
_BLACK = "#1a1a1a"


@dataclass(frozen=True)
class Options:
    """`show`: losses against an axis, or a table of ranks; `against`: the axis; `size`: which of the matched sizes."""

    show: Literal["losses", "ranks"] = "losses"
    against: Literal["tokens", "flops", "cpu_seconds"] = "tokens"
    size: Literal["smallest", "largest"] = "largest"


def prepare(tables: Tables, options: Options) -> pd.DataFrame:
    """Rows by `mark`: 'run' and 'mean' (over seeds, with interval), or 'run' and 'cell' (a family's rank at a size)."""
    found = collect_architectures(tables)
    if found.rows.empty:
        return make_empty(tables, "No finished run to compare.")
    ranked = options.show == "ranks" and len(found.families) > 1
    frame = _frame_ranks(found) if ranked else _frame_losses(found, options)
    if options.show == "ranks" and not ranked:
        frame.attrs["notes"].append("One family alone has no rank: its losses are shown")
    frame.attrs["notes"] += [f"{name} is left out: {why}" for name, why in found.dropped.items()]
    return frame


def _frame_losses(found: Architectures, options: Options) -> pd.DataFrame:
    x, levels = options.against, found.rows["level"]
    runs = found.rows[levels == (levels.max() if options.size == "largest" else levels.min())]
    runs = runs.assign(mark="run", series=runs["family"])
    means = average_seeds(runs, ["series", "tokens"], LOSS).assign(mark="mean")
    if x != "tokens":
        spent = runs.groupby(["series", "tokens"])[x].mean().reset_index()
        means = means.merge(spent, on=["series", "tokens"])
    wanted = list(dict.fromkeys(["mark", "series", "tokens", x, LOSS, "low", "high", "run_key", "seed"]))
    frame: pd.DataFrame = pd.concat([runs, means], ignore_index=True).reindex(columns=wanted)
    sizes = [f"{format_count(n)}" for n in (runs["params_total"].min(), runs["params_total"].max())]
    frame.attrs = {"x": x, "y": LOSS}
    frame.attrs["notes"] = [
        f"The {options.size} size: {' to '.join(dict.fromkeys(sizes))} parameters, all counted",
        "Small markers: runs; large markers and bands: means over seeds with 95 % intervals (Student's t)",
    ]
    return frame


def _frame_ranks(found: Architectures) -> pd.DataFrame:
    ranks = rank_families(found).assign(mark="cell")
    order = ranks.groupby("family")["rank"].mean().sort_values(kind="stable").index
    places = {name: -float(place) for place, name in enumerate(order)}
    ranks["line"], ranks["column"] = ranks["family"].map(places), ranks["level"] + 1.0
    ranks = ranks.rename(columns={"family": "series"})
    runs = found.rows[found.rows["tokens"] == ranks["tokens"].max()][["run_key"]].assign(mark="run")
    frame: pd.DataFrame = pd.concat([ranks, runs], ignore_index=True)
    frame.attrs = {"x": "params_total", "y": "family"}
    frame.attrs["notes"] = [
        f"Rank by the mean loss at {format_count(ranks['tokens'].max())} tokens; 1 is the lowest",
        "In brackets what pairwise 95 % intervals leave open (Welch, noise pooled over sizes)",
    ]
    return frame


def draw(frame: pd.DataFrame) -> go.Figure:
    """A line with its band for each family, or a cell for each family and size, dark where the loss is lowest."""
    return _draw_ranks(frame) if "rank" in frame else _draw_losses(frame)


def _draw_losses(frame: pd.DataFrame) -> go.Figure:
    x, marks, figure = frame.attrs["x"], split_marks(frame), new_figure()
    runs, means = marks["run"], marks["mean"]
    for name, look in choose_looks(sorted(runs["series"].unique())).items():
        own = means[means["series"] == name].sort_values(x)
        known = own.dropna(subset=["low", "high"])
        add_band(figure, known[x], known["low"], known["high"], look, str(name), legend=False)
        add_points(figure, runs[runs["series"] == name], x, LOSS, look, str(name), faint=True, legend=False)
        add_line(figure, own[x], own[LOSS], look, str(name), width=1.6, legend=False)
        add_intervals(figure, own.assign(low=np.nan, high=np.nan), x, LOSS, look, str(name).replace("_", " "))
    set_log_axis(figure, "x", frame[x], x)
    set_log_axis(figure, "y", frame[LOSS], LOSS)
    return figure


def _draw_ranks(frame: pd.DataFrame) -> go.Figure:
    cells = frame[frame["mark"] == "cell"]
    grid = cells.pivot_table("rank", "line", "column")
    figure = new_figure((0.3 + 0.09 * len(grid),))
    figure.add_heatmap(
        x=grid.columns.to_numpy(float),
        y=grid.index.to_numpy(float),
        z=grid.to_numpy(float),
        zmin=1,
        zmax=max(2, len(grid)),
        colorscale=_SHADES,
        showscale=False,
        hoverinfo="skip",
    )
    for cell in cells.to_dict("records"):
        sure = cell["low"] == cell["high"] or np.isnan(cell["low"])
        text = f"<b>{cell['rank']:.0f}</b>" + ("" if sure else f" [{cell['low']:.0f}–{cell['high']:.0f}]")
        place = {"x": cell["column"], "y": cell["line"], "showarrow": False}
        figure.add_annotation(text=text, font={"size": 12, "color": _BLACK}, **place)
    names, sizes = cells.groupby("line")["series"].first(), cells.groupby("column")["params_total"].median()
    set_linear_axis(figure, "x", [0.6, len(sizes) + 0.4], "params_total", title="All parameters N, about (parameters)")
    set_linear_axis(figure, "y", [names.index.min() - 0.4, names.index.max() + 0.4], "family", title="")
    figure.update_xaxes(tickvals=list(sizes.index), ticktext=[format_count(n) for n in sizes], showgrid=False)
    texts = [escape(name.replace("_", " ")) for name in names]
    figure.update_yaxes(tickvals=list(names.index), ticktext=texts, tickfont={"color": INK}, showgrid=False)
    return figure


figure = Figure("Architectures at equal size", "compare", prepare, draw, Options)
