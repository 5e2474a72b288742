"""How much of the past a next symbol needs: h(L) against block length, and the excess entropy as the area above h.

Crutchfield and Feldman (2003), Chaos 13:25, figure 3: h(L) = H(L) − H(L−1) falls to the entropy rate, and the area
between the two is E.
"""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from lab.core.units import NATS_PER_BIT
from lab.figures import Figure, NoOptions
from lab.figures.framing.series import average_seeds, make_empty
from lab.figures.ink.axes import set_linear_axis
from lab.figures.ink.marks import add_band, add_intervals, add_line, new_figure, split_marks
from lab.figures.ink.palette import Look, choose_looks
from lab.tables import Tables

X, Y = "block_length", "block_rate_bits"
MOST_OBJECTS = 6
SETTLED, FEWEST_SHOWN = 5e-4, 10  # bits from the last h(L): behind the last length that is further, two more are shown


def prepare(tables: Tables, options: NoOptions) -> pd.DataFrame:
    """Rows by `mark`: 'rate' (h(L) of an object, mean over seeds with its interval), 'area' (h(L) in `high` above the
    last in `low`), 'known' (the entropy rate where it is), 'run'.
    """
    if Y not in tables.curves or "object" not in tables.runs or not tables.curves[Y].notna().any():
        return make_empty(tables, "No block entropies. Measure them:\nlab statistics golden_mean --to figures")
    points = tables.curves[["run_key", X, Y]].dropna()
    points = points.merge(tables.runs[["run_key", "object", "seed", "entropy_rate"]], on="run_key")
    points["longest"] = points.groupby("run_key")[X].transform("max").groupby(points["object"]).transform("min")
    points = points[(points[X] <= points["longest"]) & (points["longest"] >= 2)]  # what every seed of the object has
    short = sorted(
        set(tables.runs["object"][tables.runs["run_key"].isin(tables.curves["run_key"])]) - {*points["object"]}
    )
    if points.empty:
        return make_empty(tables, "No sequence has sampled blocks of two symbols.")
    parts, notes = [], ["Shaded: h(L) above its last value, whose sum over L is E; bars: 95 % intervals over seeds"]
    shown = list(dict.fromkeys(points["object"]))
    for name in shown[:MOST_OBJECTS]:
        own = points[points["object"] == name]
        means = average_seeds(own, [X], Y).assign(series=name)
        last = means[Y].iloc[-1]
        notes.append(f"{name}: h = {last:.4f} bits/symbol, E = {(means[Y] - last).sum():.4f} bits")
        runs = own[["run_key", "seed"]].drop_duplicates()
        falling = means[X][(means[Y] - last).abs() > SETTLED].max()
        means = means[means[X] <= max(falling + 2, FEWEST_SHOWN)]
        area = means[[X, "series"]].assign(low=last, high=means[Y])
        parts += [means.assign(mark="rate"), area.assign(mark="area"), runs.assign(mark="run", series=name)]
        if own["entropy_rate"].notna().all():
            known = {
                "mark": "known",
                "series": name,
                X: [1, means[X].iloc[-1]],
                Y: own["entropy_rate"].iloc[0] / NATS_PER_BIT,
            }
            parts.append(pd.DataFrame(known))
    if short:
        notes.append(f"Too short for blocks of two symbols: {', '.join(short)}")
    if len(shown) > MOST_OBJECTS:
        notes.append(f"Not shown: {', '.join(shown[MOST_OBJECTS:])}")
    frame: pd.DataFrame = pd.concat(parts, ignore_index=True)
    frame.attrs = {"x": X, "y": Y, "notes": notes}
    return frame


def draw(frame: pd.DataFrame) -> go.Figure:
    """A look per object; its known entropy rate dotted."""
    marks, figure = split_marks(frame), new_figure()
    for name, look in choose_looks(marks["rate"]["series"].unique()).items():
        own, area = (marks[mark][marks[mark]["series"] == name] for mark in ("rate", "area"))
        add_band(figure, area[X], area["low"], area["high"], look, str(name), legend=False)
        add_line(figure, own[X], own[Y], Look(look.color, look.symbol, "solid"), str(name), width=1.4, legend=False)
        add_intervals(figure, own, X, Y, look, str(name))
        if "known" in marks:
            known = marks["known"][marks["known"]["series"] == name]
            add_line(figure, known[X], known[Y], Look(look.color, look.symbol, "dot"), str(name), legend=False)
    set_linear_axis(figure, "x", frame[X].dropna(), X)
    set_linear_axis(figure, "y", [0.0, *frame[Y].dropna(), *frame["high"].dropna()], Y)
    return figure


figure = Figure("Entropy of the next symbol by block length", "statistics", prepare, draw, page="complexity")
