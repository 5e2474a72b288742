"""How long a decoder works against how much it is told: logical depth is the work at the short end.

Bennett 1988 (in The Universal Turing Machine, a Half-Century Survey): the depth of x is the least time in which a
nearly shortest program prints it. The work is counted, so it is the same on every machine. Of a deep object the point
on the left lies far above all others.
"""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from lab.complexity.depth import DECODERS, SIGNIFICANCE
from lab.figures import Figure, NoOptions
from lab.figures.framing.series import make_empty
from lab.figures.ink.axes import set_log_axis
from lab.figures.ink.marks import add_points, new_figure
from lab.figures.ink.palette import choose_looks
from lab.tables import Tables

X, Y = "description_bits", "operations"


def prepare(tables: Tables, options: NoOptions) -> pd.DataFrame:
    """A row per description that was undone: object, decoder (`series`), its bits and its operations."""
    if Y not in tables.curves or not tables.curves[Y].notna().any():
        return make_empty(tables, "No description was undone. Undo some:\nlab statistics thue_morse --to figures")
    points = tables.curves[["run_key", "decoder", X, Y]].dropna()
    points = points.merge(tables.runs[["run_key", "object", "seed"]], on="run_key")
    several = (points["object"] != points["object"].iloc[0]).any()
    decoders = points["decoder"].map(lambda number: DECODERS[int(number)])
    frame = points.assign(mark="undone", series=decoders + (", " + points["object"] if several else ""))
    near = frame[frame[X] <= frame.groupby("run_key")[X].transform("min") + SIGNIFICANCE]
    fastest = near.loc[near.groupby("run_key")[Y].idxmin()]
    told = "; ".join(
        f"{row['object']}: {row[Y]:,.0f} operations on {row[X]:,.0f} bits by {DECODERS[int(row['decoder'])]}"
        for _, row in fastest.drop_duplicates("object").iterrows()
    )
    notes = [
        "A point per description; its decoder's work: fields read, cells read or written",
        f"Depth, of the descriptions within {SIGNIFICANCE:g} bits of the shortest the least work: {told}",
        "Upper bounds, relative to these decoders; only a program of the automaton may take more than linear work",
    ]
    frame.attrs = {"x": X, "y": Y, "notes": notes}
    return frame


def draw(frame: pd.DataFrame) -> go.Figure:
    """A look per decoder, and object where there are several; both axes logarithmic."""
    figure = new_figure()
    for name, look in choose_looks(frame["series"].unique()).items():
        add_points(figure, frame[frame["series"] == name], X, Y, look, str(name))
    set_log_axis(figure, "x", frame[X], X)
    set_log_axis(figure, "y", frame[Y], Y)
    return figure


figure = Figure("How long a decoder works", "statistics", prepare, draw, NoOptions, "complexity")
