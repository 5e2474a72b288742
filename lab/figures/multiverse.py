"""The specification curve of a conclusion: every analysis that could have been made, and what each one says.

Above, the estimates in rising order with their 95 % intervals; below, the choices behind each (Simonsohn, Simmons and
Nelson 2020, doi 10.1038/s41562-020-0912-z).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from lab.analysis.comparisons.multiverse import Multiverse, assess_robustness
from lab.core.columns import describe_column
from lab.figures import Figure
from lab.figures.framing.series import make_empty
from lab.figures.ink.axes import set_linear_axis
from lab.figures.ink.marks import add_band, add_intervals, add_note, add_points, add_reference, new_figure, split_marks
from lab.figures.ink.palette import BLUE, EXCLUDED, NEUTRAL, VERMILION, Look
from lab.tables import Tables

AGREES, DIFFERS, SILENT, DEFAULT = "as the default", "concludes otherwise", "no answer", "default analysis"
_LOOKS = {AGREES: Look(BLUE, "circle", "solid"), DIFFERS: Look(VERMILION, "diamond", "solid"), SILENT: EXCLUDED}
_TITLES = {
    "alpha": "Exponent α of N",
    "beta": "Exponent β of D",
    "a": "Exponent a of the best N",
    "gamma": "Exponent γ of C",
    "forecast": "Forecast loss (nats/token)",
}
_GAP = 0.7  # lines between two choices
_THIN = 250  # analyses from which on the markers shrink


@dataclass(frozen=True)
class Options:
    """`estimate`: the conclusion; the forecast is at ten times the largest size and ten times the longest horizon."""

    estimate: Literal["alpha", "beta", "a", "gamma", "forecast"] = "alpha"


def prepare(tables: Tables, options: Options) -> pd.DataFrame:
    """Rows by `mark`: 'analysis' (rank, value and interval; the choices), 'default' (its interval at either end of the
    ranks), 'choice' (rank and line of the lower panel), 'option' (a line and its name), 'run' (used).
    """
    found = assess_robustness(tables, options.estimate)
    if found.rows_used.empty:
        return make_empty(tables, "No finished run to fit.")
    distinct = found.frame[~found.frame["repeats"]].assign(mark="analysis")
    distinct = distinct.sort_values(["answers", "value"], ascending=[False, True], kind="stable")
    distinct["rank"] = np.arange(1.0, len(distinct) + 1)
    distinct["series"] = np.where(distinct["changed"], DIFFERS, AGREES)
    silent = ~distinct["answers"]
    distinct.loc[silent, "series"] = SILENT
    distinct.loc[silent, ["value", "low", "high"]] = np.nan
    lines = _list_lines(found)
    choices = [
        distinct[["rank", "series"]].assign(mark="choice", line=distinct[choice].map(own))
        for choice, own in lines.items()
    ]
    named = [
        {"mark": "option", "series": _name_option(choice, option), "line": line}
        for choice, own in lines.items()
        for option, line in own.items()
    ]
    default = pd.DataFrame({"mark": "default", "series": DEFAULT, "rank": [0.0, len(distinct) + 1.0]})
    default = default.assign(**{end: getattr(found.default, end) for end in ("value", "low", "high")})
    runs = found.rows_used[["run_key"]].assign(mark="run", series="")
    frame = pd.concat([distinct, default, *choices, pd.DataFrame(named), runs], ignore_index=True)
    frame.attrs = {"x": "rank", "y": options.estimate, "notes": _describe(found), "badge": found.badge}
    if not found.default.has_interval:
        frame.attrs["refused"] = found.reason
    return frame


def draw(frame: pd.DataFrame) -> go.Figure:
    """The curve above, a line per option below; vermilion concludes otherwise, grey has no answer."""
    lines = frame[frame["mark"] == "option"]
    figure = new_figure((0.75, 0.16 + 0.045 * len(lines)))
    marks = split_marks(frame)
    default, size = marks["default"], 4 if len(marks["analysis"]) > _THIN else 5
    ends = (default["rank"].iloc[0], default["rank"].iloc[-1])
    if default["low"].notna().all():
        add_band(figure, ends, default["low"], default["high"], NEUTRAL, DEFAULT, legend=False)
        add_reference(figure, ends, default["value"].iloc[0], "default, 95 % interval")
    for name, look in _LOOKS.items():
        own, below = (marks[mark][marks[mark]["series"] == name] for mark in ("analysis", "choice"))
        if len(own):
            label = f"{name} ({len(own)})"
            add_intervals(figure, own, "rank", "value", look, label)
            figure.data[-1].update(marker_size=size, error_y_width=0, error_y_thickness=0.8)
            add_points(figure, below, "rank", "line", look, label, row=2, legend=False)
            figure.data[-1].marker.size = size
    if "refused" in frame.attrs:
        add_note(figure, frame.attrs["refused"])
    middle = marks["analysis"]["value"]
    reach = 2.5 * (middle.max() - middle.min()) or np.inf  # an interval without end must not press the curve flat
    shown = marks["analysis"][["low", "high", "value"]].to_numpy(float).ravel()
    near = shown[(shown > middle.min() - reach) & (shown < middle.max() + reach)]
    set_linear_axis(figure, "y", [*near, *default["value"]], frame.attrs["y"], title=_TITLES[frame.attrs["y"]])
    set_linear_axis(figure, "x", ends, "rank", title="")
    figure.update_xaxes(showticklabels=False, row=1, col=1)
    set_linear_axis(figure, "x", ends, "rank", row=2, title="Analyses, sorted by estimate")
    set_linear_axis(figure, "y", lines["line"], "line", row=2, title="")
    figure.update_yaxes(tickvals=list(lines["line"]), ticktext=list(lines["series"]), row=2, col=1)
    return figure


def _list_lines(found: Multiverse) -> dict[str, dict[str, float]]:
    """The line of every option that makes a difference, by choice, from the top down."""
    lines: dict[str, dict[str, float]] = {}
    at = 0.0
    for choice, own in found.compare_choices().groupby("choice", sort=False):
        at -= _GAP
        for option in own["option"]:
            at -= 1.0
            lines.setdefault(str(choice), {})[option] = at
    return lines


def _name_option(choice: str, option: str) -> str:
    """'N: all parameters' for a column, 'law: power' for a law, the option itself otherwise."""
    if choice == "convention":
        column = describe_column(option)
        return f"{column.symbol}: {column.definition.split(';')[0]}"
    return f"law: {option.replace('_', ' ')}" if choice == "law" else option


def _describe(found: Multiverse) -> list[str]:
    repeats = int(found.frame["repeats"].sum())
    return [
        f"{found.estimate}: {found.badge}. {found.reason}",
        f"Default analysis: {found.estimate} = {found.default}",
        f"Grid of {len(found.frame)} analyses, {repeats} of which fit the same data as another and are counted once",
        *(f"No answer, {count} times: {reason}" for reason, count in found.refused["reason"].value_counts().items()),
    ]


figure = Figure("Every analysis that could have been made", "law", prepare, draw, Options)
