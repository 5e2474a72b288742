"""A film of an automaton: its state as pixels, and the curve of its lengths with a mark at the present."""

from __future__ import annotations

from base64 import b64encode
from io import BytesIO

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import NDArray
from PIL import Image

from lab.figures.ink.axes import set_linear_axis
from lab.figures.ink.marks import add_line, new_figure
from lab.figures.ink.palette import BLUE, GREEN, INK, VERMILION, Look

COFFEE, CREAM = np.array([74, 44, 23]), np.array([251, 243, 228])
_PALETTE = np.rint(COFFEE + np.linspace(0, 1, 256)[:, None] * (CREAM - COFFEE)).astype(np.uint8)
CREAM_SCALE = [[0.0, "#4a2c17"], [0.5, "#a9764b"], [1.0, "#fbf3e4"]]
X = "relaxation_times"
PRESENT = "now"
LINES = (
    ("entropy_bits", "fine", Look(INK, "circle", "solid"), 1),
    ("complexity_bits", "coarse", Look(BLUE, "circle", "solid"), 2),
    ("surrogate_complexity_bits", "coarse, its rows", Look(BLUE, "circle", "dot"), 2),
    ("adjusted_bits", "adjusted", Look(GREEN, "circle", "solid"), 2),
    ("surrogate_adjusted_bits", "adjusted, its rows", Look(VERMILION, "circle", "dot"), 2),
)


def paint(shares: NDArray[np.float64], pixels: int = 400) -> str:
    """Shares of cream (n, n), 0 to 1, as a picture of about `pixels` a side, every cell a sharp square.

    It is a PNG in an address that holds all of it: a page that shows it asks the server for nothing more.
    """
    scale = max(pixels // len(shares), 1)
    levels = np.rint((len(_PALETTE) - 1) * np.clip(shares, 0.0, 1.0)).astype(np.uint8)
    picture = Image.fromarray(levels.repeat(scale, axis=0).repeat(scale, axis=1), "P")
    picture.putpalette(_PALETTE.tobytes())
    written = BytesIO()
    picture.save(written, "PNG", compress_level=3)
    return "data:image/png;base64," + b64encode(written.getvalue()).decode()


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


def draw_film_curve(curve: pd.DataFrame) -> go.Figure:
    """Fine code length above, coarse and adjusted ones with their surrogates' below; a line at the first snapshot."""
    figure = new_figure((0.42, 0.6))
    for column, name, look, row in LINES:
        add_line(figure, curve[X], curve[column], look, name, row=row, width=1.6)
    for row in (1, 2):
        shown = [column for column, _, _, at in LINES if at == row]
        top = float(curve[shown].to_numpy().max())
        present = np.full(2, curve[X].iloc[0])
        add_line(figure, present, (0.0, top), Look(INK, "circle", "dash"), PRESENT, row=row, width=1.2, legend=False)
        set_linear_axis(figure, "y", [0.0, top], "complexity_bits", row, "Length (bits)")
    set_linear_axis(figure, "x", curve[X], X, 1, "")
    set_linear_axis(figure, "x", curve[X], X, 2)
    return figure


def move_present(figure: go.Figure, time: float) -> None:
    """Puts the line of the present at a time (in τ): a hundredth of the work of drawing the film's curve anew."""
    figure.update_traces(x=[time, time], selector={"name": PRESENT})
