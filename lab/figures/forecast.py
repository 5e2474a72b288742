"""The largest size, held out: what a law fitted to the smaller sizes foretold at every horizon, and how far it was off.

A fit is judged by what it did not see: fitted on the cheaper runs, graded on the dearer (the ladder of Bhagia et al.
2024, arXiv 2412.04403, grades itself so).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import pandas as pd
import plotly.graph_objects as go

from lab.analysis.forecasts.forecasts import Forecast, forecast_bearable, forecast_largest
from lab.analysis.selection import select_runs
from lab.figures import Figure
from lab.figures.framing.series import LOSS, keep_positive, make_empty, name_sizes
from lab.figures.ink.axes import set_linear_axis, set_log_axis
from lab.figures.ink.marks import add_band, add_line, add_note, add_points, add_reference, new_figure, split_marks
from lab.figures.ink.palette import INK, NEUTRAL, Look, choose_looks
from lab.tables import Tables

ERROR = "error_percent"


@dataclass(frozen=True)
class Options:
    """`convention`: what N counts; `law`: fitted to all sizes but the largest, 'bearable' being the first of
    chinchilla, power and pure_power for which there are runs enough.
    """

    convention: Literal["params_total", "params_body", "params_active"] = "params_total"
    law: Literal["bearable", "chinchilla", "power", "pure_power"] = "bearable"


def prepare(tables: Tables, options: Options) -> pd.DataFrame:
    """Rows by `mark`: 'run' (fitted), 'held out' (observed, with its error), 'forecast' (with its interval)."""
    runs = keep_positive(select_runs(tables).rows, "tokens", LOSS)
    if runs.empty:
        return make_empty(tables, "No finished run to forecast from.")
    if options.law == "bearable":
        forecast, refused = forecast_bearable(tables, options.convention)
    else:
        forecast, refused = forecast_largest(tables, options.convention, options.law), []
    runs = runs.sort_values(["params_total", "tokens"]).assign(series=name_sizes)
    held = runs["run_key"].isin(forecast.frame["run_key"])
    fitted = runs[~held].assign(mark="run")[["mark", "series", "tokens", LOSS, "run_key", "seed"]]
    frame = pd.concat([fitted, _list_held_out(forecast, runs[held])], ignore_index=True)
    frame.attrs = {"x": "tokens", "y": LOSS, "notes": _describe(forecast, refused)}
    frame.attrs["forecast"] = f"{forecast.fit.law.replace('_', ' ')} forecast, 95 % interval"
    if forecast.frame.empty:
        frame.attrs["refused"] = f"No forecast ({forecast.fit.status}):\n{forecast.fit.reason}"
    return frame


def draw(frame: pd.DataFrame) -> go.Figure:
    """Runs and the forecast above, its error in percent below; held-out runs are open markers."""
    graded = "refused" not in frame.attrs
    figure = new_figure((0.72, 0.38)) if graded else new_figure()
    marks = split_marks(frame)
    fitted = marks.get("run", frame.iloc[:0])
    looks = choose_looks(frame.loc[frame["mark"] != "forecast", "series"].unique())
    for name, rows in fitted.groupby("series", sort=False):
        add_points(figure, rows, "tokens", LOSS, looks[name], str(name), faint=True)
    if graded:
        ahead, held = marks["forecast"].sort_values("tokens"), marks["held out"]
        add_band(figure, ahead["tokens"], ahead["low"], ahead["high"], NEUTRAL, "forecast", legend=False)
        ink = Look(INK, "circle", "solid")
        add_line(figure, ahead["tokens"], ahead[LOSS], ink, frame.attrs["forecast"], width=1.6)
        name = held["series"].iloc[0]
        add_points(figure, held, "tokens", LOSS, looks[name], f"{name}, held out", hollow=True)
        add_points(figure, held, "tokens", ERROR, looks[name], name, row=2, legend=False, hollow=True)
        add_reference(figure, (frame["tokens"].min(), frame["tokens"].max()), 0.0, "zero", row=2)
        figure.data[-1].showlegend = False
        set_linear_axis(figure, "y", [*held[ERROR], 0.0], ERROR, row=2, title="Error (%)")
        set_log_axis(figure, "x", frame["tokens"], "tokens", title="")
        figure.update_xaxes(showticklabels=False, row=1, col=1)
    else:
        add_note(figure, frame.attrs["refused"])
    set_log_axis(figure, "x", frame["tokens"], "tokens", row=2 if graded else 1)
    set_log_axis(figure, "y", frame[LOSS], LOSS)
    return figure


def _list_held_out(forecast: Forecast, held: pd.DataFrame) -> pd.DataFrame:
    graded = forecast.frame.merge(held[["run_key", "series"]], on="run_key")
    seen = graded.assign(mark="held out", **{LOSS: graded["observed"], ERROR: 100 * graded["error_relative"]})
    ahead = graded.drop_duplicates("tokens").assign(mark="forecast", **{LOSS: lambda rows: rows["predicted"]})
    columns = ["mark", "series", "tokens", LOSS]
    errors = ["run_key", "seed", "predicted", "error_nats", ERROR, "error_reducible", "inside"]
    return pd.concat([seen[columns + errors], ahead[[*columns, "low", "high"]]], ignore_index=True)


def _describe(forecast: Forecast, refused: list[Forecast]) -> list[str]:
    frame = forecast.frame
    if frame.empty:
        return [f"No forecast ({forecast.fit.status}): {forecast.fit.reason}. Next: {forecast.fit.next_step}"]
    loss, reducible = (100 * frame[name].abs().mean() for name in ("error_relative", "error_reducible"))
    of_reducible = f", {reducible:.2g} % of the reducible loss" if math.isfinite(reducible) else ""
    return [
        *(f"Law {each.fit.law} refused: {each.fit.reason}" for each in refused),
        f"Law {forecast.fit.law} fitted to every size but the largest; open markers: the largest, unseen by the fit",
        f"Mean absolute error {loss:.2g} % of the loss{of_reducible}; "
        f"{int(frame['inside'].sum())} of {len(frame)} runs inside the 95 % interval",
    ]


figure = Figure("Forecast of the held-out largest size", "law", prepare, draw, Options)
