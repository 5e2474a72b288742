"""The rise and fall of complexity: the published hump, the surrogate that has it too, and a stirred cup.

The hump of the interacting automaton (Aaronson, Carroll and Ouellette 2014, arXiv 1405.6903; withdrawn 3 June 2014) is
that of rows of independent cells with the same means. Stirred, a cup is far above its surrogate. All four curves stand
on one axis, once by either measure.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import pandas as pd
import plotly.graph_objects as go

from lab.analysis.complexity.automata import Hump, read_largest
from lab.figures import Figure
from lab.figures.framing.series import make_empty
from lab.figures.ink.axes import set_linear_axis
from lab.figures.ink.marks import add_band, add_line, new_figure, split_marks
from lab.figures.ink.palette import BLUE, GREEN, ORANGE, VERMILION, Look
from lab.tables import Tables

X = "relaxation_times"
SEEDS = 2  # for a band
MEASURES = {"complexity": "Coarse length (bits)", "adjusted": "Adjusted length (bits)"}
LOOKS = {
    "simulation": Look(BLUE, "circle", "solid"),
    "surrogate": Look(VERMILION, "square", "dash"),
    "stirred": Look(GREEN, "diamond", "solid"),
    "stirred surrogate": Look(ORANGE, "diamond", "dot"),
}


@dataclass(frozen=True)
class Options:
    """`automaton`: whose hump is held against its surrogate and a stirred cup."""

    automaton: Literal["interacting", "non_interacting"] = "interacting"


def prepare(tables: Tables, options: Options) -> pd.DataFrame:
    """Rows by `mark`, the measure, and `series`, one of `LOOKS`: mean over seeds with its 95 % interval."""
    parts, notes, keys = [], [], []
    for measure in MEASURES:
        for automaton, names in ((options.automaton, ("simulation", "surrogate")), ("sine_shear", tuple(LOOKS)[2:])):
            hump, runs = read_largest(tables, automaton, measure, SEEDS)
            if hump is None:
                continue
            rows = hump.tabulate()
            series = rows["series"].map(dict(zip(("simulation", "surrogate"), names, strict=True)))
            parts.append(rows.assign(mark=measure, series=series).dropna(subset="series"))
            notes.append(_describe(automaton, measure, hump, runs))
            keys += list(hump.run_keys)
    if not any((part["series"] == "simulation").any() for part in parts):
        return make_empty(tables, f"No run of the {options.automaton} automaton.")
    parts.append(pd.DataFrame({"mark": "run", "run_key": list(dict.fromkeys(keys))}))
    frame = pd.concat(parts, ignore_index=True)
    bands = "Bands: 95 % intervals over seeds. A surrogate keeps the means of its cup's rows and nothing else"
    frame.attrs = {"x": X, "y": "complexity_bits", "automaton": options.automaton, "notes": [bands, *notes]}
    return frame


def draw(frame: pd.DataFrame) -> go.Figure:
    """A panel per measure over one time axis; simulation, surrogate and stirred cup on one scale."""
    marks = split_marks(frame)
    panels = [measure for measure in MEASURES if measure in marks]
    figure = new_figure([0.8] * len(panels))
    name = frame.attrs["automaton"].replace("_", "-")
    labels = (name, "its surrogate", "stirred", "its surrogate (stirred)")
    for row, measure in enumerate(panels, start=1):
        shown = marks[measure]
        for series, label in zip(LOOKS, labels, strict=True):
            own = shown[shown["series"] == series]
            if len(own):
                known = own.dropna(subset=["low", "high"])
                add_band(figure, known[X], known["low"], known["high"], LOOKS[series], label, row=row, legend=False)
                add_line(figure, own[X], own["value"], LOOKS[series], label, row=row, legend=row == 1)
        ends = [0.0, *shown["value"], *shown["high"]]
        set_linear_axis(figure, "y", ends, f"{measure}_bits", row, MEASURES[measure])
        set_linear_axis(figure, "x", frame[X].dropna(), X, row, None if row == len(panels) else "")
    return figure


def _describe(name: str, measure: str, hump: Hump, runs: pd.DataFrame) -> str:
    seeds, ratio = len(hump.run_keys), hump.estimate_ratio()
    return (
        f"{name.replace('_', '-')}, {measure}, n = {runs['side'].iloc[0]:.0f}, {seeds} seeds: over its surrogate at "
        f"the peak {ratio.value:.3g} [{ratio.low:.3g}, {ratio.high:.3g}], excess on the hump "
        f"{hump.estimate_excess()} of its height"
    )


figure = Figure("The rise and fall of complexity", "rise and fall", prepare, draw, Options, page="automata")
