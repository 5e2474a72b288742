"""Do intervals hold what they say? The share of held-out runs inside, against the level that was promised.

A calibrated forecaster stands on the diagonal, an overconfident one below it (Kuleshov et al. 2018, arXiv 1807.00263).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import pandas as pd
import plotly.graph_objects as go

from lab.analysis.comparisons.backtest import LEVELS, Backtest, run_backtest
from lab.analysis.comparisons.curves import collect_study
from lab.analysis.comparisons.scores import calibrate, score_backtest
from lab.figures import Figure
from lab.figures.framing.series import make_empty
from lab.figures.ink.axes import set_linear_axis
from lab.figures.ink.marks import add_intervals, add_line, add_note, new_figure
from lab.figures.ink.palette import NEUTRAL, choose_looks
from lab.tables import Tables


@dataclass(frozen=True)
class Options:
    """`against`: what a curve runs over: the sizes of one horizon, or the horizons of one size."""

    against: Literal["size", "tokens"] = "size"


def prepare(tables: Tables, options: Options) -> pd.DataFrame:
    """Rows by `mark`: 'level' (series: the estimator; level promised, held, its ends), 'ideal', 'run' (held out)."""
    backtest = run_backtest(collect_study(tables, options.against))
    if backtest.frame.empty:
        return make_empty(tables, "No curve with runs to fit and a larger one to forecast.")
    levels = calibrate(backtest).rename(columns={"estimator": "series"}).assign(mark="level")
    ideal = pd.DataFrame({"mark": "ideal", "series": "as promised", "level": [0.0, 1.0], "held": [0.0, 1.0]})
    runs = backtest.points[["run_key"]].drop_duplicates().assign(mark="run")
    frame = pd.concat([levels, ideal, runs], ignore_index=True)
    frame.attrs = {"x": "level", "y": "held", "notes": _describe(backtest)}
    if levels.empty:
        frame.attrs["refused"] = f"No interval: {backtest.frame['reason'].loc[lambda r: r != ''].iloc[0]}"
    return frame


def draw(frame: pd.DataFrame) -> go.Figure:
    """A line per estimator, bars where there are curves enough for an interval of the share."""
    figure = new_figure()
    ideal, levels = frame[frame["mark"] == "ideal"], frame[frame["mark"] == "level"]
    add_line(figure, ideal["level"], ideal["held"], NEUTRAL, "as promised", width=1.4)
    for name, look in choose_looks(levels["series"].unique()).items():
        own = levels[levels["series"] == name]
        add_line(figure, own["level"], own["held"], look, name.replace("_", " "), legend=False)
        add_intervals(figure, own, "level", "held", look, name.replace("_", " "))
    if "refused" in frame.attrs:
        add_note(figure, frame.attrs["refused"])
    set_linear_axis(figure, "x", [0.4, 1.0], "level", title="Level of the interval for one run more")
    set_linear_axis(figure, "y", [0.0, 1.0], "held", title="Share of held-out runs inside")
    figure.update_xaxes(tickvals=LEVELS, ticktext=[f"{level:.0%}" for level in LEVELS])
    return figure


def _describe(backtest: Backtest) -> list[str]:
    held = int((~pd.concat([pd.Series(curve.fitted) for curve in backtest.collection.curves])).sum())
    errors = [
        f"{score.estimator} {score.miscalibration.value:.3g}"
        for score in score_backtest(backtest)
        if score.miscalibration.n
    ]
    return [
        f"{len(backtest.collection.curves)} curves, {held} held-out runs; share of each curve, mean over curves",
        f"Calibration error (mean squared over the levels): {', '.join(errors)}" if errors else "",
        *backtest.collection.notes,
    ]


figure = Figure("Interval calibration", "forecast", prepare, draw, Options)
