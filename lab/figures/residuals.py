"""What a law leaves over: residuals against size, tokens, compute and the fitted loss, and against the normal.

A residual is the logarithm of observed over fitted loss, in percent. Means over seeds that lie off the zero line by
more than their interval are lack of fit; a bend of the lower panel at its ends is heavy tails, for which a robust loss
is made (Besiroglu et al. 2024, arXiv 2404.10102, find a kurtosis of 17 in Hoffmann's points).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from scipy.special import ndtri

from lab.analysis.laws.fits import fit_law_to
from lab.analysis.laws.named import NamedFit
from lab.figures import Figure
from lab.figures.framing.law import describe_fit
from lab.figures.framing.series import average_seeds, make_empty, name_horizons, name_sizes
from lab.figures.ink.axes import set_linear_axis, set_log_axis
from lab.figures.ink.marks import add_intervals, add_line, add_points, add_reference, new_figure, split_marks
from lab.figures.ink.palette import INK, Look, choose_looks
from lab.tables import Tables

RESIDUAL, FITTED, QUANTILE = "residual_percent", "law_nats", "normal_quantile"
MOST_SERIES = 8  # sizes or horizons that colours tell apart
FEWEST_TAILS = 20  # runs, below which a kurtosis says nothing


@dataclass(frozen=True)
class Options:
    """`law`: the one fitted; `against`: what the upper panel's residuals are set against. A count of parameters there
    is also the N of the law.
    """

    law: Literal["chinchilla", "power", "pure_power"] = "chinchilla"
    against: Literal["params_total", "params_body", "params_active", "tokens", "flops", "flops_6nd", "law_nats"] = (
        "params_total"
    )


def prepare(tables: Tables, options: Options) -> pd.DataFrame:
    """Rows by `mark`: 'run' (residual, and the normal quantile of its rank), 'mean' (over seeds, with interval), 'line'
    (a normal of the residuals' robust spread).
    """
    x = options.against
    convention = x if x.startswith("params") else "params_total"
    named = fit_law_to(tables, options.law, convention=convention)
    fit, runs = named.fit, named.rows_used.sort_values(["params_total", "tokens"])
    if fit.theta is None:
        return make_empty(tables, f"No residuals: {fit.reason or 'no run to fit'}.", fit.next_step if len(runs) else "")
    at = {name: runs[column].to_numpy(float) for name, column in zip(fit.predictors, named.columns, strict=True)}
    fitted = fit.form.predict(fit.theta, **at)
    residual = 100 * np.log(runs["loss_nats"].to_numpy(float) / fitted)
    ranks = pd.Series(residual).rank(method="first").to_numpy(float)
    runs = runs.assign(mark="run", **{FITTED: fitted, RESIDUAL: residual, QUANTILE: ndtri((ranks - 0.5) / len(ranks))})
    names = name_horizons(runs) if x.startswith("params") else name_sizes(runs)
    runs = runs.assign(series=names if names.nunique() <= MOST_SERIES else "runs")
    means = average_seeds(runs, ["series", x], RESIDUAL).assign(mark="mean").dropna(subset=["low"])
    frame = pd.concat([runs, means, _trace_normal(runs)], ignore_index=True)
    wanted = ["mark", "series", *dict.fromkeys([x, FITTED]), RESIDUAL, "low", "high", QUANTILE, "run_key", "seed"]
    frame = frame[[column for column in wanted if column in frame]]
    frame.attrs = {"x": x, "y": RESIDUAL, "notes": _describe(named, means), "tails": _name_tails(named)}
    return frame


def draw(frame: pd.DataFrame) -> go.Figure:
    """Residuals above: runs small, means over seeds large; against the quantiles of the normal below."""
    x = frame.attrs["x"]
    figure = new_figure((0.6, 0.5), share_x=False)
    figure.update_layout(height=round(figure.layout.height * 1.1))
    marks = split_marks(frame)
    runs, means = marks["run"], marks.get("mean", frame.iloc[:0])
    for name, look in choose_looks(runs["series"].unique()).items():
        own = runs[runs["series"] == name]
        add_points(figure, own, x, RESIDUAL, look, str(name), faint=len(means) > 0)
        add_intervals(figure, means[means["series"] == name], x, RESIDUAL, look, str(name), legend=False)
        add_points(figure, own, QUANTILE, RESIDUAL, look, str(name), row=2, legend=False)
    add_reference(figure, (runs[x].min(), runs[x].max()), 0.0, "zero")
    figure.data[-1].showlegend = False
    add_line(figure, marks["line"][QUANTILE], marks["line"][RESIDUAL], Look(INK, "circle", "dash"), "normal", row=2)
    set_log_axis(figure, "x", runs[x], x, title="Fitted loss (nats/token)" if x == FITTED else None)
    shown = pd.concat([runs[RESIDUAL], means["low"], means["high"]])
    set_linear_axis(figure, "y", shown, RESIDUAL, title="Residual (%)")
    set_linear_axis(figure, "x", frame[QUANTILE], QUANTILE, row=2, title="Quantile of the normal (standard deviations)")
    set_linear_axis(figure, "y", [*runs[RESIDUAL], *marks["line"][RESIDUAL]], RESIDUAL, row=2, title="Residual (%)")
    figure.add_annotation(
        text=frame.attrs["tails"], xref="x2 domain", yref="y2 domain", x=0.02, y=0.97, xanchor="left", yanchor="top",
        showarrow=False, font={"size": 12, "color": INK},
    )  # fmt: skip
    return figure


def _trace_normal(runs: pd.DataFrame) -> pd.DataFrame:
    """The line of a normal with the residuals' median and 1.48 of their median absolute deviation."""
    center = float(runs[RESIDUAL].median())
    spread = float((runs[RESIDUAL] - center).abs().median()) / 0.6744897501960817
    ends = np.array([runs[QUANTILE].min(), runs[QUANTILE].max()])
    return pd.DataFrame({"mark": "line", QUANTILE: ends, RESIDUAL: center + spread * ends})


def _name_tails(named: NamedFit) -> str:
    found = named.fit.residuals
    if found is None or math.isnan(found.kurtosis) or named.fit.n < FEWEST_TAILS:
        return f"{named.fit.n} runs: too few to tell the tails"
    heavy = any("heavy tails" in remark for remark in found.remarks)
    return f"{'heavy tails' if heavy else 'tails like the normal’s'} (excess kurtosis {found.kurtosis:.1f})"


def _describe(named: NamedFit, means: pd.DataFrame) -> list[str]:
    """The fit, what is out of the ordinary, and how the means over seeds lie about the law."""
    found = named.fit.residuals
    off = int(((means["low"] > 0) | (means["high"] < 0)).sum())
    notes = [
        "Residual: logarithm of observed over fitted loss. Small markers: runs; large markers: mean over seeds, with "
        "95 % interval (Student's t) for several. Below: residuals in order against the normal's quantiles; line: a "
        "normal of the same median and median absolute deviation",
        describe_fit(named),
        *(found.remarks if found else ()),
    ]
    if len(means):
        notes.append(f"{off} of {len(means)} means over seeds lie off the law by more than their 95 % interval")
    if found and math.isfinite(found.lack_of_fit):
        notes.append(f"Lack of fit against replicates: F test, p = {found.lack_of_fit:.2g}")
    return notes


figure = Figure("Residuals of a law", "law", prepare, draw, Options)
