"""Loss against training compute and its frontier, the least loss that any size reached (Kaplan et al. 2020, figure 1).

Kaplan counts 6·N·D with N the body alone; that and the closed form over every matrix product are both offered.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import pandas as pd
import plotly.graph_objects as go

from lab.analysis.laws.fits import fit_compute
from lab.figures import Figure
from lab.figures.framing.losses import frame_losses
from lab.figures.framing.series import LOSS, name_sizes
from lab.figures.ink.losses import draw_losses
from lab.figures.ink.marks import add_points
from lab.figures.ink.palette import INK, Look
from lab.tables import Tables


@dataclass(frozen=True)
class Options:
    """`compute`: closed form over every product (flops) or 6·N·D (flops_6nd)."""

    compute: Literal["flops", "flops_6nd"] = "flops"


def prepare(tables: Tables, options: Options) -> pd.DataFrame:
    """The loss of cooled endpoints by size; the cells on the frontier are marked 'frontier', the law is theirs."""
    named = fit_compute(tables, x=options.compute)
    frame = frame_losses(tables, options.compute, name_sizes, named)
    if frame.empty:
        return frame
    used = named.rows_used.groupby(["size", "tokens"])[[options.compute, LOSS]].mean()
    rings = used.assign(mark="frontier", series="on the frontier")
    joined = pd.concat([frame, rings], ignore_index=True)
    joined.attrs = frame.attrs
    return joined


def draw(frame: pd.DataFrame) -> go.Figure:
    """As the other losses, with a ring around every cell on the frontier."""
    figure = draw_losses(frame)
    rings = frame[frame["mark"] == "frontier"]
    if len(rings):
        add_points(figure, rings, frame.attrs["x"], LOSS, Look(INK, "circle", "solid"), "on the frontier", hollow=True)
        figure.data[-1].marker.size = 14
    return figure


figure = Figure("Loss against training compute", "loss", prepare, draw, Options)
