"""Compression distances of all pairs as a map, alike objects next to each other (Cilibrasi and Vitányi 2005)."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from lab.analysis.complexity.distances import DistanceMap, read_map
from lab.figures import Figure, NoOptions
from lab.figures.framing.distances import NCD, describe_map, make_empty_map, shorten_name
from lab.figures.ink.axes import set_linear_axis
from lab.figures.ink.marks import new_figure
from lab.tables import Tables

MOST_TICKS = 24
_SHADES = [[0.0, "#5aa0d6"], [0.5, "#a9cdea"], [1.0, "#eef4fa"]]  # dark is near


def prepare(tables: Tables, options: NoOptions) -> pd.DataFrame:
    """A row per ordered pair: object, other_object, their place (`line`, `column`, from 1) in the order of the tree,
    ncd with its interval.
    """
    found = read_map(tables)
    if found is None:
        return make_empty_map(tables)
    order = found.grow_tree()[0].order
    frame = pd.DataFrame(
        [
            {
                "object": found.names[i],
                "other_object": found.names[j],
                "line": -(row + 1.0),
                "column": column + 1.0,
                NCD: found.ncd[i, j],
                "low": found.low[i, j],
                "high": found.high[i, j],
                "run_key": found.keys[i, j],
            }
            for row, i in enumerate(order)
            for column, j in enumerate(order)
        ]
    )
    frame.attrs = {"x": "other_object", "y": "object", "notes": _describe(found)}
    return frame


def draw(frame: pd.DataFrame) -> go.Figure:
    """A cell per pair, dark where they are near; the pointer shows its number."""
    grid = frame.pivot_table(NCD, "line", "column", dropna=False)
    size = len(grid)
    names = frame.drop_duplicates("line").set_index("line")["object"].map(shorten_name)
    told = [[[f"{one} and {other}"] for other in names] for one in reversed(names.tolist())]
    pairs = frame.loc[frame["line"] != -frame["column"], NCD]
    figure = new_figure((min(0.35 + 0.08 * size, 1.6),))
    figure.add_heatmap(
        x=grid.columns.to_numpy(float),
        y=grid.index.to_numpy(float),
        z=grid.to_numpy(float),
        zmin=float(pairs.min()),
        zmax=float(max(pairs.max(), pairs.min() + 0.01)),
        colorscale=_SHADES,
        colorbar={"title": {"text": "NCD"}},
        customdata=told,
        hovertemplate="%{customdata[0]}: %{z:.3f}<extra></extra>",
    )
    set_linear_axis(figure, "x", [0.5, size + 0.5], "other_object", title="")
    set_linear_axis(figure, "y", [-size - 0.5, -0.5], "object", title="")
    step = -(-size // MOST_TICKS)  # numbers below the map, so that none runs into the next
    numbered = list(range(1, size + 1, step))
    labels = [f"{name}  {place}" for place, name in enumerate(names, 1)]
    figure.update_xaxes(range=[0.5, size + 0.5], tickvals=numbered, ticktext=list(map(str, numbered)), showgrid=False)
    figure.update_yaxes(range=[-size - 0.5, -0.5], tickvals=list(names.index), ticktext=labels, showgrid=False)
    return figure


def _describe(found: DistanceMap) -> list[str]:
    off = ~np.eye(len(found.names), dtype=bool)
    width = (found.high - found.low)[off] / 2
    notes = describe_map(found)
    if np.isfinite(width).all():
        notes.append(f"95 % intervals, from random halves of the objects, are ±{np.median(width):.2g} in the median")
    return [
        *notes,
        f"The shades span the pairs; diagonal: an object and itself, at most {found.ncd.diagonal().max():.2g}",
    ]


figure = Figure("Compression distances", "distance", prepare, draw, page="complexity")
