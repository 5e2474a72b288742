"""Bits per symbol against length for a source whose entropy rate is known: every code comes down to it from above.

Shannon 1948: no code of a stationary source stays below its entropy rate; a universal one (Ziv and Lempel 1978;
Rissanen 1984) reaches it, the parametric ones within (k/2) log2 n / n.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import pandas as pd
import plotly.graph_objects as go

from lab.core.units import NATS_PER_BIT
from lab.figures import Figure, Range
from lab.figures.framing.series import average_seeds, keep_positive, make_empty
from lab.figures.ink.axes import set_linear_axis, set_log_axis
from lab.figures.ink.marks import add_intervals, add_line, add_reference, new_figure, split_marks
from lab.figures.ink.palette import choose_looks
from lab.tables import Tables

RATE = "bits_per_symbol"


@dataclass(frozen=True)
class Options:
    """`object_number`: which object with a known entropy rate, in the order of their names."""

    object_number: Annotated[int, Range(1, 12, 1)] = 1


def prepare(tables: Tables, options: Options) -> pd.DataFrame:
    """Rows by `mark`: 'mean' (a code at a length, interval over seeds), 'run', and 'entropy' (the rate)."""
    runs = keep_positive(tables.runs, RATE, "symbols", "entropy_rate")
    runs = runs[runs["baseline"] == "object"] if "baseline" in runs else runs.iloc[:0]
    if runs.empty:
        return make_empty(tables, "No source of known entropy rate was described by a code.")
    names = sorted(runs["object"].unique())
    name = names[min(options.object_number, len(names)) - 1]
    runs = runs[runs["object"] == name]
    means = average_seeds(runs, ["code", "symbols"], RATE).assign(mark="mean")
    rate = runs["entropy_rate"].iloc[0] / NATS_PER_BIT
    span = [runs["symbols"].min(), runs["symbols"].max()]
    entropy = pd.DataFrame({"mark": "entropy", "symbols": span, RATE: rate})
    parts = [means, entropy, runs[["run_key", "seed"]].assign(mark="run")]
    frame: pd.DataFrame = pd.concat(parts, ignore_index=True)
    frame.attrs = {
        "x": "symbols",
        "y": RATE,
        "notes": [f"{name}, entropy rate {rate:.4f} bits per symbol", "Bars: 95 % intervals over seeds"],
    }
    return frame


def draw(frame: pd.DataFrame) -> go.Figure:
    """A look per code, ordered by the rate at the greatest length; the entropy rate dotted."""
    marks = split_marks(frame)
    means, entropy = marks["mean"], marks["entropy"]
    figure = new_figure()
    longest = means[means["symbols"] == means["symbols"].max()].sort_values(RATE)
    for code, look in choose_looks(longest["code"]).items():
        own = means[means["code"] == code].sort_values("symbols")
        add_line(figure, own["symbols"], own[RATE], look, str(code), width=1.2, legend=False)
        add_intervals(figure, own, "symbols", RATE, look, str(code))
    add_reference(figure, tuple(entropy["symbols"]), entropy[RATE].iloc[0], "entropy rate", dash="dot")
    set_log_axis(figure, "x", means["symbols"], "symbols")
    set_linear_axis(figure, "y", [*means[RATE], *entropy[RATE]], RATE)
    return figure


figure = Figure("Bits per symbol come down to the entropy rate", "codes", prepare, draw, Options, "complexity")
