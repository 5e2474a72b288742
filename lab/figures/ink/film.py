"""A film of an automaton: its state as pixels, and the curve of its lengths with a mark at the present."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import NDArray

from lab.figures.ink.axes import set_linear_axis
from lab.figures.ink.marks import add_line, new_figure
from lab.figures.ink.palette import BLUE, GREEN, INK, VERMILION, Look

COFFEE, CREAM = np.array([74, 44, 23]), np.array([251, 243, 228])
CREAM_SCALE = [[0.0, "#4a2c17"], [0.5, "#a9764b"], [1.0, "#fbf3e4"]]
X = "relaxation_times"
LINES = (
    ("entropy_bits", "fine", Look(INK, "circle", "solid"), 1),
    ("complexity_bits", "coarse", Look(BLUE, "circle", "solid"), 2),
    ("surrogate_complexity_bits", "coarse, its rows", Look(BLUE, "circle", "dot"), 2),
    ("adjusted_bits", "adjusted", Look(GREEN, "circle", "solid"), 2),
    ("surrogate_adjusted_bits", "adjusted, its rows", Look(VERMILION, "circle", "dot"), 2),
)


def paint(shares: NDArray[np.float64], pixels: int = 400) -> NDArray[np.uint8]:
    """Shares of cream (n, n), 0 to 1, as an RGB picture of about `pixels` a side, every cell a sharp square."""
    scale = max(pixels // len(shares), 1)
    colors = COFFEE + np.clip(shares, 0.0, 1.0)[:, :, None] * (CREAM - COFFEE)
    picture: NDArray[np.uint8] = np.rint(colors).astype(np.uint8).repeat(scale, axis=0).repeat(scale, axis=1)
    return picture


def add_picture(figure: go.Figure, cells: pd.DataFrame) -> None:
    """A heat map of `cells`, a row each: its place (`column`, `line`) and its `value`, 0 (coffee) to 1 (cream)."""
    grid = cells.pivot_table("value", "line", "column")
    figure.add_heatmap(
        x=grid.columns.to_numpy(float),
        y=grid.index.to_numpy(float),
        z=grid.to_numpy(float),
        zmin=0.0,
        zmax=1.0,
        colorscale=CREAM_SCALE,
        showscale=False,
        hoverinfo="skip",
    )


def draw_film_curve(curve: pd.DataFrame, now: int) -> go.Figure:
    """Fine code length above, coarse and adjusted ones with their surrogates' below; a line at snapshot `now`."""
    figure = new_figure((0.42, 0.6))
    for column, name, look, row in LINES:
        add_line(figure, curve[X], curve[column], look, name, row=row, width=1.6)
    for row in (1, 2):
        shown = [column for column, _, _, at in LINES if at == row]
        top = float(curve[shown].to_numpy().max())
        present = np.full(2, curve[X].iloc[now])
        add_line(figure, present, (0.0, top), Look(INK, "circle", "dash"), "now", row=row, width=1.2, legend=False)
        set_linear_axis(figure, "y", [0.0, top], "complexity_bits", row, "Length (bits)")
    set_linear_axis(figure, "x", curve[X], X, 1, "")
    set_linear_axis(figure, "x", curve[X], X, 2)
    return figure
