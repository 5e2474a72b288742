"""A fitted law with its interval, the irreducible term, and the residuals beneath.

The band is that of the mean or of one run more; residuals are the logarithm of observed over fitted loss, in percent,
because the fit itself is made on the log loss (Hoffmann et al. 2022, arXiv 2203.15556, eq. 3).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from lab.analysis.laws.fits import NamedFit, fit_compute, fit_size, fit_tokens
from lab.figures import Figure
from lab.figures.framing.law import describe_fit, label_constant, predict_rows, trace_law
from lab.figures.framing.losses import find_floor
from lab.figures.framing.series import LOSS, make_empty, name_horizons, name_sizes
from lab.figures.ink.axes import set_linear_axis, set_log_axis
from lab.figures.ink.losses import draw_law
from lab.figures.ink.marks import add_band, add_line, add_note, add_points, add_reference, new_figure, split_marks
from lab.figures.ink.palette import GREEN, Look, choose_looks
from lab.tables import Tables

RESIDUAL = "residual_percent"
MOST_DROP = 3.0  # a fitted E further below the lowest loss than this factor would leave no room for the data


@dataclass(frozen=True)
class Options:
    """`against`: the predictor; `law`: of one variable; `interval`: of what."""

    against: Literal["params_total", "params_body", "params_active", "tokens", "flops", "flops_6nd"] = "params_total"
    law: Literal["power", "pure_power", "shifted", "m3", "m4", "broken_1"] = "power"
    interval: Literal["mean", "new run"] = "mean"


def prepare(tables: Tables, options: Options) -> pd.DataFrame:
    """Rows by `mark`: 'run' (used in the fit, with its residual), 'law', 'floor' (known), 'irreducible' (fitted E)."""
    x = options.against
    named = _fit(tables, options)
    if named.rows_used.empty:
        return make_empty(tables, f"No finished run to fit. {named.fit.reason}")
    names = name_horizons if x.startswith("params") else name_sizes
    runs = named.rows_used.sort_values(["params_total", "tokens"]).assign(series=names, mark="run")
    if named.fit.theta is not None:
        runs[RESIDUAL] = 100 * np.log(runs[LOSS].to_numpy() / predict_rows(named, runs[x]).value)
    law = trace_law(named, x, runs[x], new_run=options.interval == "new run")
    parts = [runs, law, find_floor(runs, x), _find_irreducible(named, law[x])] if len(law) else [runs]
    frame = pd.concat([part for part in parts if len(part)], ignore_index=True)
    wanted = ["mark", "series", x, LOSS, "low", "high", RESIDUAL, "run_key", "trunk_key", "seed"]
    frame = frame[[column for column in wanted if column in frame]]
    band = f"Band: 95 % interval of {'the mean' if options.interval == 'mean' else 'one run more'}"
    frame.attrs = {"x": x, "y": LOSS, "notes": [describe_fit(named), band if len(law) else ""]}
    if named.fit.theta is None:
        frame.attrs["refused"] = f"No law drawn ({named.fit.status}):\n{named.fit.reason}"
    return frame


def draw(frame: pd.DataFrame) -> go.Figure:
    """The law above, both axes logarithmic; residuals in percent below."""
    x = frame.attrs["x"]
    fitted = RESIDUAL in frame
    figure = new_figure((0.72, 0.38)) if fitted else new_figure()
    marks = split_marks(frame)
    draw_law(figure, marks, x, LOSS)
    if (constant := marks.get("irreducible")) is not None:
        _draw_constant(figure, constant, x)
    runs = marks["run"]
    for name, look in choose_looks(runs["series"].unique()).items():
        rows = runs[runs["series"] == name]
        add_points(figure, rows, x, LOSS, look, name)
        if fitted:
            add_points(figure, rows, x, RESIDUAL, look, name, row=2, legend=False)
    near = frame[LOSS] > runs[LOSS].min() / MOST_DROP
    set_log_axis(figure, "y", frame.loc[near, LOSS], LOSS)
    if fitted:
        ends = (frame[x].min(), frame[x].max())
        add_reference(figure, ends, 0.0, "zero", row=2)
        figure.data[-1].showlegend = False
        set_log_axis(figure, "x", frame[x], x, row=1, title="")
        figure.update_xaxes(showticklabels=False, row=1, col=1)
        set_linear_axis(figure, "y", [*runs[RESIDUAL], 0.0], RESIDUAL, row=2, title="Residual (%)")
    else:
        add_note(figure, frame.attrs["refused"])
    set_log_axis(figure, "x", frame[x], x, row=2 if fitted else 1)
    return figure


def _draw_constant(figure: go.Figure, constant: pd.DataFrame, x: str) -> None:
    look = Look(GREEN, "circle", "dash")
    low, high = constant["low"].iloc[0], constant["high"].iloc[0]
    if low > 0 and np.isfinite(high):
        add_band(figure, constant[x], [low, low], [high, high], look, constant["series"].iloc[0], legend=False)
    add_line(figure, constant[x], constant[LOSS], look, constant["series"].iloc[0], width=1.4)
    figure.data[-1].legendrank = 1150


def _find_irreducible(named: NamedFit, x: pd.Series) -> pd.DataFrame:
    """The fitted E with its interval across the runs, where the law has one above 0."""
    found = [e for e in named.fit.estimates if e.name == "E" and e.value > 0]
    if not found:
        return pd.DataFrame()
    columns = {LOSS: found[0].value, "low": found[0].low, "high": found[0].high}
    ends = [x.min(), x.max()]
    return pd.DataFrame({"mark": "irreducible", "series": label_constant(found[0]), str(x.name): ends, **columns})


def _fit(tables: Tables, options: Options) -> NamedFit:
    if options.against == "tokens":
        return fit_tokens(tables, law=options.law)
    if options.against in ("flops", "flops_6nd"):
        return fit_compute(tables, x=options.against, law=options.law)
    return fit_size(tables, convention=options.against, law=options.law)


figure = Figure("Fit and residuals", "law", prepare, draw, Options)
