"""The loss curve of one run as a code length: what lies below it is coded, what lies above its last loss was learned.

Coding the tokens as they are seen costs the area under the online loss; the model reached would have paid L per token,
so the area above is the price of learning it (Finzi et al. 2026, arXiv 2601.03220; Dawid 1984). The axes are linear:
an area on a logarithmic axis is none.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from lab.analysis.complexity.code_lengths import find_areas, measure_runs
from lab.analysis.selection import select_runs
from lab.core.units import format_count
from lab.figures import Figure
from lab.figures.framing.series import count_exclusions, make_empty, name_sizes
from lab.figures.ink.axes import set_linear_axis
from lab.figures.ink.marks import add_band, add_line, add_reference, new_figure, split_marks
from lab.figures.ink.palette import BLUE, INK, Look
from lab.tables import Tables

X, Y = "tokens", "train_loss_nats"


@dataclass(frozen=True)
class Options:
    """`size`: of the run drawn; it is the longest of that size, at its best learning rate, of the first seed."""

    size: Literal["largest", "smallest"] = "largest"


def prepare(tables: Tables, options: Options) -> pd.DataFrame:
    """Rows by `mark`: 'online' (loss at the middle of every interval before cooling, `low` the last of them), 'cooled'
    (the rest of the run's curve), 'reached' (the last online loss).
    """
    lengths = measure_runs(tables)
    if lengths.rows.empty:
        return make_empty(tables, f"No run with an online code length: {lengths.reason}.")
    fitted = lengths.rows[lengths.rows["run_key"].isin(select_runs(tables).rows["run_key"])]
    rows = lengths.rows if fitted.empty else fitted  # those of the hull: at the best rate of their cell
    order = ["params_total", "tokens", "seed", "loss_nats"]
    runs = rows.sort_values(order, ascending=[options.size == "smallest", False, True, True])
    run = runs.iloc[0]
    curve = tables.curves[tables.curves["run_key"] == run["run_key"]].sort_values(X)
    areas = find_areas(run, curve)
    assert not isinstance(areas, str), "measure_runs found its area"
    reached = run["area_loss_nats"]
    area = f"area above the loss reached: {format_count(run['area_bits'], 'bit')}"
    online = pd.DataFrame({X: areas.tokens, Y: areas.loss, "low": reached, "mark": "online", "series": area})
    cooled = curve[curve[X] > run["area_tokens"]][[X, Y]].assign(mark="cooled", series="cooling, another learner")
    line = {X: [0.0, run["tokens"]], Y: reached, "mark": "reached", "series": f"loss reached, {reached:.3g} nats/token"}
    frame: pd.DataFrame = pd.concat([online, cooled, pd.DataFrame(line)], ignore_index=True)
    frame = frame.assign(run_key=run["run_key"])
    size = name_sizes(runs.iloc[:1]).iloc[0]
    frame.attrs = {
        "x": X,
        "y": Y,
        "notes": [
            f"{size}, seed {run['seed']:.0f}: {format_count(run['online_bits'], 'bit')} for {run['tokens']:.3g} tokens "
            f"as they were seen, cooling included; the area is measured at {run['area_tokens']:.3g} tokens",
            f"learning rate {run['learning_rate']:.3g}, the best of its cell",
            count_exclusions(lengths.refused),
        ],
    }
    return frame


def draw(frame: pd.DataFrame) -> go.Figure:
    """Linear axes from 0 tokens; the area shaded, the cooling dotted."""
    figure, marks, look = new_figure(), split_marks(frame), Look(BLUE, "circle", "solid")
    online, reached = marks["online"], marks["reached"]
    add_band(figure, online[X], online["low"], online[Y], look, online["series"].iloc[0])
    add_line(figure, online[X], online[Y], look, "online loss")
    if "cooled" in marks:
        tail = pd.concat([online.tail(1), marks["cooled"]])
        add_line(figure, tail[X], tail[Y], Look(INK, "circle", "dot"), marks["cooled"]["series"].iloc[0], width=1.4)
    add_reference(figure, (0.0, reached[X].max()), reached[Y].iloc[0], reached["series"].iloc[0])
    set_linear_axis(figure, "x", np.r_[0.0, frame[X]], X)
    set_linear_axis(figure, "y", frame[Y].dropna(), Y)
    return figure


figure = Figure("A loss curve is a code length", "area", prepare, draw, Options, page="epiplexity")
