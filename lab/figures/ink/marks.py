"""The marks all figures share: points, a line, a band, error bars, a reference and a note."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from html import escape
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from lab.figures.ink.palette import FAINT, INK, Look

FONT = "system-ui, -apple-system, 'Segoe UI', Helvetica, Arial, sans-serif"
HEIGHT = 460  # px of a figure with one panel


def new_figure(heights: Sequence[float] = (1.0,), share_x: bool = True) -> go.Figure:
    """An empty figure in the house style: transparent, with panels one above the other and the legend on top."""
    figure = make_subplots(
        rows=len(heights), cols=1, shared_xaxes=share_x, row_heights=list(heights), vertical_spacing=0.06
    )
    # One short title on the lowest shared axis only; the caption carries the figure's name.
    figure.update_layout(
        template="none",
        font={"family": FONT, "size": 13, "color": INK},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        height=round(HEIGHT * sum(heights)),
        margin={"l": 64, "r": 16, "t": 24, "b": 56},
        legend={"orientation": "h", "x": 0, "xanchor": "left", "y": 1.02, "yanchor": "bottom", "font": {"size": 12}},
        hoverlabel={"font": {"family": FONT}},
    )
    line = {"showline": True, "linecolor": INK, "linewidth": 1, "ticks": "outside", "tickcolor": INK, "ticklen": 4}
    grid = {"showgrid": True, "gridcolor": FAINT, "gridwidth": 1, "zeroline": False}
    figure.update_xaxes(**line, **grid, automargin=True, title_standoff=8)
    figure.update_yaxes(**line, **grid, automargin=True, title_standoff=8)
    return figure


def split_marks(frame: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """The rows of a prepared frame by their `mark`."""
    return {mark: frame[frame["mark"] == mark] for mark in frame["mark"].unique()}


def add_points(
    figure: go.Figure,
    frame: pd.DataFrame,
    x: str,
    y: str,
    look: Look,
    name: str,
    *,
    row: int = 1,
    legend: bool = True,
    hollow: bool = False,
    faint: bool = False,
) -> None:
    """A marker per row of `frame`; the pointer shows both values and, where there is one, the run key."""
    figure.add_scatter(
        x=frame[x].to_numpy(float),
        y=frame[y].to_numpy(float),
        mode="markers",
        name=escape(name),
        legendgroup=escape(name),
        showlegend=legend,
        opacity=0.6 if faint else 1.0,
        marker={
            "color": look.color,
            "symbol": f"{look.symbol}-open" if hollow or look.symbol in ("x-thin", "line-ew") else look.symbol,
            "size": 6 if faint else 8,
            "line": {"width": 1.4, "color": look.color},
        },
        row=row,
        col=1,
        **_hover(frame, name),
    )


def add_line(
    figure: go.Figure,
    x: Any,
    y: Any,
    look: Look,
    name: str,
    *,
    row: int = 1,
    legend: bool = True,
    width: float = 2.0,
    opacity: float = 1.0,
) -> None:
    """A line through the points; a NaN breaks it."""
    figure.add_scatter(
        x=np.asarray(x, float),
        y=np.asarray(y, float),
        mode="lines",
        name=escape(name),
        legendgroup=escape(name),
        showlegend=legend,
        opacity=opacity,
        line={"color": look.color, "dash": look.dash, "width": width},
        connectgaps=False,
        hovertemplate=f"{escape(name)}<br>%{{x:.4g}}, %{{y:.4g}}<extra></extra>",
        row=row,
        col=1,
    )


def add_band(
    figure: go.Figure, x: Any, low: Any, high: Any, look: Look, name: str, *, row: int = 1, legend: bool = True
) -> None:
    """A shaded band between `low` and `high` over increasing `x`."""
    x, low, high = (np.asarray(values, float) for values in (x, low, high))
    figure.add_scatter(
        x=np.concatenate([x, x[::-1]]),
        y=np.concatenate([low, high[::-1]]),
        mode="lines",
        fill="toself",
        fillcolor=look.shade(0.18),
        line={"width": 0, "color": look.color},
        name=escape(name),
        legendgroup=escape(name),
        showlegend=legend,
        hoverinfo="skip",
        row=row,
        col=1,
    )


def add_intervals(
    figure: go.Figure,
    frame: pd.DataFrame,
    x: str,
    y: str,
    look: Look,
    name: str,
    *,
    row: int = 1,
    legend: bool = True,
    hollow: bool = False,
) -> None:
    """A marker per row with a bar from `low` to `high` (columns of `frame`; NaN draws no bar)."""
    add_points(figure, frame, x, y, look, name, row=row, legend=legend, hollow=hollow)
    figure.data[-1].update(
        error_y={
            "type": "data",
            "symmetric": False,
            "array": (frame["high"] - frame[y]).to_numpy(float),
            "arrayminus": (frame[y] - frame["low"]).to_numpy(float),
            "color": look.color,
            "thickness": 1.4,
            "width": 3,
        }
    )


def add_reference(
    figure: go.Figure, span: tuple[float, float], value: float, name: str, *, row: int = 1, dash: str = "dash"
) -> None:
    """A horizontal reference at `value` across `span`, named in the legend."""
    add_line(figure, span, (value, value), Look(INK, "circle", dash), name, row=row, width=1.4)


def add_note(figure: go.Figure, text: str) -> None:
    """A sentence in the lower left corner of the first panel: a refusal, a status, what the reader must know."""
    figure.add_annotation(
        text="<br>".join(escape(line) for part in text.splitlines() for line in textwrap.wrap(part, 44)),
        xref="x domain",
        yref="y domain",
        x=0.02,
        y=0.03,
        xanchor="left",
        yanchor="bottom",
        align="left",
        showarrow=False,
        font={"size": 12, "color": INK},
    )


def _hover(frame: pd.DataFrame, name: str) -> dict[str, Any]:
    head = f"{escape(name)}<br>%{{x:.4g}}, %{{y:.4g}}"
    if "run_key" not in frame:
        return {"hovertemplate": f"{head}<extra></extra>"}
    return {"customdata": frame[["run_key"]].astype(str), "hovertemplate": head + "<br>%{customdata[0]}<extra></extra>"}
