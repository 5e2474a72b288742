"""Bits per symbol against length for a source whose entropy rate is known: every code comes down to it from above.

Shannon 1948: no code of a stationary source stays below its entropy rate; a universal one (Ziv and Lempel 1978;
Rissanen 1984) reaches it, the parametric ones within (k/2) log2 n / n.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

import pandas as pd
import plotly.graph_objects as go

from lab.core.units import NATS_PER_BIT
from lab.figures import Figure, Range
from lab.figures.framing.series import average_seeds, keep_positive, make_empty
from lab.figures.ink.axes import set_log_axis
from lab.figures.ink.marks import add_intervals, add_line, add_reference, new_figure, split_marks
from lab.figures.ink.palette import choose_looks
from lab.tables import Tables

RATE = "bits_per_symbol"


@dataclass(frozen=True)
class Options:
    """`object_number`: which object with a known entropy rate, in the order of their names; `measure`: the rate, or how
    far it lies above the entropy rate, which falls as (k/2) log2 n / n for a code of k parameters that fits.
    """

    object_number: Annotated[int, Range(1, 12, 1)] = 1
    measure: Literal["bits_per_symbol", "excess_rate_bits"] = "bits_per_symbol"


def prepare(tables: Tables, options: Options) -> pd.DataFrame:
    """Rows by `mark`: 'mean' (a code at a length, interval over seeds), 'run', and 'entropy'; only what is above 0."""
    runs = keep_positive(tables.runs, RATE, "symbols", "entropy_rate")
    runs = runs[runs["baseline"] == "object"] if "baseline" in runs else runs.iloc[:0]
    if runs.empty:
        return make_empty(tables, "No source of known entropy rate was described by a code.")
    names = sorted(runs["object"].unique())
    name = names[min(options.object_number, len(names)) - 1]
    runs = runs[runs["object"] == name]
    rate = runs["entropy_rate"].iloc[0] / NATS_PER_BIT
    y = options.measure
    runs = runs.assign(excess_rate_bits=runs[RATE] - rate)
    means = keep_positive(average_seeds(runs, ["code", "symbols"], y), y).assign(mark="mean")
    parts = [means, runs[["run_key", "seed"]].assign(mark="run")]
    if y == RATE:
        span = [runs["symbols"].min(), runs["symbols"].max()]
        parts.append(pd.DataFrame({"mark": "entropy", "symbols": span, RATE: rate}))
    frame: pd.DataFrame = pd.concat(parts, ignore_index=True)
    frame.attrs = {
        "x": "symbols",
        "y": y,
        "notes": [f"{name}, entropy rate {rate:.4f} bits per symbol", "Bars: 95 % intervals over seeds"],
    }
    return frame


def draw(frame: pd.DataFrame) -> go.Figure:
    """A look per code, ordered by its value at the greatest length; both axes logarithmic, the entropy rate dotted."""
    y, marks = frame.attrs["y"], split_marks(frame)
    means = marks["mean"]
    figure = new_figure()
    longest = means.sort_values(["symbols", y], ascending=[False, True]).drop_duplicates("code")
    for code, look in choose_looks(longest["code"]).items():
        own = means[means["code"] == code].sort_values("symbols")
        add_line(figure, own["symbols"], own[y], look, str(code), width=1.2, legend=False)
        add_intervals(figure, own, "symbols", y, look, str(code))
    if (entropy := marks.get("entropy")) is not None:
        ends = (entropy["symbols"].iloc[0], entropy["symbols"].iloc[-1])
        add_reference(figure, ends, entropy[y].iloc[0], "entropy rate", dash="dot")
    set_log_axis(figure, "x", means["symbols"], "symbols")
    set_log_axis(figure, "y", frame[y], y)
    return figure


figure = Figure("Bits per symbol come down to the entropy rate", "codes", prepare, draw, Options, "complexity")
