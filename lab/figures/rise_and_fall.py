"""The rise and fall of complexity: the published hump, the surrogate that has it too, and a stirred cup.

The hump of the interacting automaton (Aaronson, Carroll and Ouellette 2014, arXiv 1405.6903; withdrawn 3 June 2014) is
that of rows of independent cells with the same means. Stirred, a cup is far above its surrogate.
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
from lab.figures.ink.palette import BLUE, GREEN, VERMILION, Look
from lab.tables import Tables

X = "relaxation_times"
SEEDS = 2  # for a band
PANELS = ("published", "surrogate", "stirred")
LOOKS = {"simulation": Look(BLUE, "circle", "solid"), "surrogate": Look(VERMILION, "square", "dash")}
STIRRED = Look(GREEN, "diamond", "solid")


@dataclass(frozen=True)
class Options:
    """`automaton`: whose hump stands on top; `measure`: its length, in three buckets or adjusted in seven. The stirred
    cup is always adjusted.
    """

    automaton: Literal["interacting", "non_interacting"] = "interacting"
    measure: Literal["complexity", "adjusted"] = "complexity"


def prepare(tables: Tables, options: Options) -> pd.DataFrame:
    """Rows by `mark`, the panel ('published', 'surrogate', 'stirred'), and series: mean over seeds, 95 % interval."""
    coffee, runs = read_largest(tables, options.automaton, options.measure, SEEDS)
    stirred, others = read_largest(tables, "sine_shear", "adjusted", SEEDS)
    if coffee is None:
        return make_empty(tables, f"No run of the {options.automaton} automaton.")
    rows = coffee.tabulate()
    parts = [
        rows[rows["series"] == "simulation"].assign(mark="published"),
        rows[rows["series"] == "surrogate"].assign(mark="surrogate"),
    ]
    notes = [_describe(options.automaton, coffee, runs)]
    if stirred is not None:
        rows = stirred.tabulate()
        parts.append(rows[rows["series"] != "excess"].assign(mark="stirred"))
        notes.append(_describe("stirred by sine shears, adjusted", stirred, others))
    keys = [*runs["run_key"], *others["run_key"]]
    parts.append(pd.DataFrame({"mark": "run", "run_key": keys}))
    frame = pd.concat(parts, ignore_index=True)
    bands = "Bands: 95 % intervals over seeds. The surrogate keeps the means of the rows and nothing else"
    frame.attrs = {"x": X, "y": f"{options.measure}_bits", "automaton": options.automaton, "notes": [bands, *notes]}
    return frame


def draw(frame: pd.DataFrame) -> go.Figure:
    """Three panels over one time axis; the first two on one scale."""
    marks = split_marks(frame)
    panels = [name for name in PANELS if name in marks]
    figure = new_figure([0.62] * len(panels))
    name = frame.attrs["automaton"].replace("_", "-")
    _draw(figure, marks["published"], LOOKS["simulation"], f"{name}, simulated", 1)
    _draw(figure, marks["surrogate"], LOOKS["surrogate"], "its rows without structure", 2)
    both = pd.concat([marks["published"], marks["surrogate"]])
    for row in (1, 2):
        set_linear_axis(figure, "y", [0.0, *both["value"], *both["high"]], frame.attrs["y"], row, "Length (bits)")
    if "stirred" in marks:
        shown = marks["stirred"]
        _draw(figure, shown[shown["series"] == "simulation"], STIRRED, "stirred", 3)
        _draw(figure, shown[shown["series"] == "surrogate"], Look(VERMILION, "square", "dot"), "its rows", 3)
        set_linear_axis(figure, "y", [0.0, *shown["value"], *shown["high"]], "adjusted_bits", 3, "Length (bits)")
    times = frame[X].dropna()
    for row in range(1, len(panels)):
        set_linear_axis(figure, "x", times, X, row, "")
    set_linear_axis(figure, "x", times, X, len(panels))
    return figure


def _draw(figure: go.Figure, rows: pd.DataFrame, look: Look, name: str, row: int) -> None:
    known = rows.dropna(subset=["low", "high"])
    add_band(figure, known[X], known["low"], known["high"], look, name, row=row, legend=False)
    add_line(figure, rows[X], rows["value"], look, name, row=row)


def _describe(name: str, hump: Hump, runs: pd.DataFrame) -> str:
    excess, seeds = hump.estimate_excess(), len(hump.run_keys)
    return (
        f"{name.replace('_', '-')}, n = {runs['side'].iloc[0]:.0f}, {seeds} seeds: simulation over surrogate at the "
        f"peak {hump.estimate_ratio()}, excess on the hump {excess} of its height"
    )


figure = Figure("The rise and fall of complexity", "rise and fall", prepare, draw, Options, page="automata")
