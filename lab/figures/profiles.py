"""Likelihood profiles of a law's parameters (Bates & Watts 1988, section 6.1): is a symmetric interval right?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from lab.analysis.laws.profiles import trace_profiles
from lab.figures import Figure
from lab.figures.framing.law import GREEK, describe_fit
from lab.figures.framing.series import make_empty
from lab.figures.ink.axes import set_linear_axis
from lab.figures.ink.marks import add_line, add_reference, new_figure, split_marks
from lab.figures.ink.palette import INK, Look, choose_looks
from lab.tables import Tables

DISTANCE, ROOT = "distance", "root"


@dataclass(frozen=True)
class Options:
    """`law` of one variable, fitted to the sizes at the longest horizon; `convention`: what N counts."""

    law: Literal["power", "pure_power"] = "power"
    convention: Literal["params_total", "params_body", "params_active"] = "params_total"


def prepare(tables: Tables, options: Options) -> pd.DataFrame:
    """Rows by `mark`: 'profile' (a parameter held at a value), 'straight' (no bend), 'level' (95 %), 'run' (fitted)."""
    named, profiles = trace_profiles(tables, options.law, options.convention)
    if profiles.empty:
        reason = named.fit.reason or "several rows share a trunk, and their profile is no interval"
        return make_empty(tables, f"No profile: {reason}.", "" if named.rows_used.empty else named.fit.next_step)
    assert named.fit.uncertainty is not None
    reach = named.fit.uncertainty.reach(0.95)
    ends = [profiles[DISTANCE].min(), profiles[DISTANCE].max()]
    parts = [
        profiles.assign(mark="profile"),
        pd.DataFrame({"mark": "straight", DISTANCE: ends, ROOT: ends}),
        *(pd.DataFrame({"mark": "level", DISTANCE: ends, ROOT: side * reach}) for side in (-1, 1)),
        named.rows_used[["run_key"]].assign(mark="run"),
    ]
    frame: pd.DataFrame = pd.concat(parts, ignore_index=True)
    frame.attrs = {
        "x": DISTANCE,
        "y": ROOT,
        "notes": [
            describe_fit(named),
            f"Dotted: ±t of the 95 % interval, {reach:.3g}; an interval ends where its line crosses; a straight line "
            "is a symmetric interval",
        ],
    }
    return frame


def draw(frame: pd.DataFrame) -> go.Figure:
    """A line per parameter against the diagonal."""
    figure = new_figure()
    marks = split_marks(frame)
    straight, profile = marks["straight"], marks["profile"]
    add_line(figure, straight[DISTANCE], straight[ROOT], Look(INK, "circle", "dash"), "symmetric", width=1.2)
    figure.data[-1].legendrank = 1100
    for level in np.unique(marks["level"][ROOT]):
        add_reference(figure, (straight[DISTANCE].min(), straight[DISTANCE].max()), float(level), "95 %")
        figure.data[-1].showlegend = bool(level > 0)
    for name, look in choose_looks(profile["name"].unique()).items():
        own = profile[profile["name"] == name]
        add_line(figure, own[DISTANCE], own[ROOT], look, GREEK.get(str(name), str(name)))
    set_linear_axis(figure, "x", straight[DISTANCE], DISTANCE, title="Distance from the estimate (standard errors)")
    set_linear_axis(
        figure, "y", [*straight[ROOT], *profile[ROOT]], ROOT, title="Root of the objective's rise (scatter)"
    )
    return figure


figure = Figure("Likelihood profiles", "law", prepare, draw, Options)
