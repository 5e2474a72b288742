"""Which law forecasts best: the error of every law on every curve, fitted to the cheaper runs and graded on the dearer.

The table by which laws are compared across curves (Alabdulmohsin et al. 2022, arXiv 2209.06640; Caballero et al. 2023,
arXiv 2210.14891), here over the curves of one study.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from lab.analysis.comparisons.backtest import DEFAULT, MEMBERS, Backtest, run_backtest
from lab.analysis.comparisons.curves import collect_study
from lab.analysis.comparisons.scores import score_backtest
from lab.figures import Figure
from lab.figures.framing.series import make_empty
from lab.figures.ink.axes import set_linear_axis
from lab.figures.ink.marks import new_figure
from lab.figures.ink.palette import INK
from lab.tables import Tables

ERROR = "error_percent"
_SHADES = [[0.0, "#5aa0d6"], [0.5, "#a9cdea"], [1.0, "#eef4fa"]]  # dark is a small error; all bear black text
_BLACK = "#1a1a1a"


@dataclass(frozen=True)
class Options:
    """`against`: what a curve runs over: the sizes of one horizon, or the horizons of one size."""

    against: Literal["size", "tokens"] = "size"


def prepare(tables: Tables, options: Options) -> pd.DataFrame:
    """Rows by `mark`: 'cell' (series: the estimator; column, line and error_percent; won), 'run' (held out)."""
    backtest = run_backtest(collect_study(tables, options.against))
    by = "tokens" if options.against == "size" else "params_total"
    if backtest.frame.empty:
        return make_empty(tables, "No curve with runs to fit and a larger one to forecast.")
    curves = list(dict.fromkeys(backtest.frame["curve"]))
    cells = backtest.frame.rename(columns={"estimator": "series"})
    cells = cells.assign(
        mark="cell",
        column=cells["curve"].map({name: k + 1.0 for k, name in enumerate(curves)}),
        line=cells["series"].map({name: -(k + 1.0) for k, name in enumerate(backtest.estimators)}),
        **{ERROR: 100 * np.expm1(cells["rmsle"])},
    )
    least = cells[cells["series"].isin(backtest.laws)].groupby("curve")["rmsle"].transform("min")
    cells["won"] = cells["rmsle"].eq(least.reindex(cells.index))
    runs = backtest.points[["run_key"]].drop_duplicates().assign(mark="run")
    wanted = ["mark", "series", "curve", "column", "line", ERROR, "won", "status", "reason"]
    frame = pd.concat([cells[wanted], runs], ignore_index=True)
    frame.attrs = {"x": by, "y": "law", "notes": _describe(backtest)}
    return frame


def draw(frame: pd.DataFrame) -> go.Figure:
    """A cell per curve and estimator, dark where the error is small and bold where a law won; '–' is no answer."""
    cells = frame[frame["mark"] == "cell"]
    grid = cells.pivot_table(ERROR, "line", "column", dropna=False)
    logs = np.log10(grid.to_numpy(float).clip(min=1e-3))
    figure = new_figure((0.3 + 0.1 * len(grid),))
    figure.add_heatmap(
        x=grid.columns.to_numpy(float),
        y=grid.index.to_numpy(float),
        z=logs,
        zmin=float(np.nanmin(logs)),
        zmax=float(max(np.nanmax(logs), np.nanmin(logs) + 0.1)),
        colorscale=_SHADES,
        showscale=False,
        hoverinfo="skip",
    )
    for cell in cells.to_dict("records"):
        known = np.isfinite(cell[ERROR])
        text = f"{cell[ERROR]:.2g} %" if known else "–"
        figure.add_annotation(
            x=cell["column"],
            y=cell["line"],
            text=f"<b>{text}</b>" if cell["won"] else text,
            showarrow=False,
            font={"size": 12, "color": _BLACK if known else INK},
        )
    names = cells.drop_duplicates("column").set_index("column")["curve"]
    lines = cells.groupby("line")["series"].first()
    won = cells.groupby("line")["won"].sum()
    labels = [f"{lines[at]} ({won[at]:.0f} won)" if won[at] else lines[at] for at in lines.index]
    set_linear_axis(figure, "x", [names.index.min() - 0.4, names.index.max() + 0.4], frame.attrs["x"])
    set_linear_axis(figure, "y", [lines.index.min() - 0.4, lines.index.max() + 0.4], "law", title="")
    columns = [name.split("=")[1].strip() for name in names]
    figure.update_xaxes(tickvals=list(names.index), ticktext=columns, showgrid=False)
    figure.update_yaxes(tickvals=list(lines.index), ticktext=[x.replace("_", " ") for x in labels], showgrid=False)
    return figure


def _describe(backtest: Backtest) -> list[str]:
    scores = score_backtest(backtest)
    means = ", ".join(
        f"{s.estimator} {100 * s.rmsle.value:.2g} % ({s.answered} of {s.curves})" for s in scores if s.answered
    )
    silent = backtest.frame[backtest.frame["rmsle"].isna() & backtest.frame["estimator"].isin(backtest.laws)]
    return [
        "Root mean squared log error, as a percentage, of the held-out runs of every curve, its dearest",
        f"Bold: the best law of a curve. Mean: {means}",
        f"{DEFAULT}: the median of what {', '.join(MEMBERS)} foretell; last value: the largest run fitted, unchanged",
        *(f"{law}: {reason}" for (law, reason), _ in silent.groupby(["estimator", "reason"])),
        *backtest.collection.notes,
    ]


figure = Figure("Which law forecasts best", "forecast", prepare, draw, Options)
