"""An elementary automaton in space and time, and beside it what each cell's past tells of its future, in bits.

Shalizi, Shalizi and Haslinger 2004 (Phys. Rev. Lett. 93:118701): the mean of that map is the light-cone complexity, and
particles stand out from the domain they run through. A run of the study is made again from its seed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from lab.complexity.light_cones import map_information, measure_light_cones
from lab.core.registry import open_shelf
from lab.data.elementary import Elementary
from lab.figures import Figure
from lab.figures.framing.series import make_empty
from lab.figures.ink.axes import set_linear_axis
from lab.figures.ink.film import add_picture
from lab.figures.ink.marks import new_figure
from lab.tables import Tables

STEPS = 400  # of the field that is measured
SHOWN = 96  # steps and cells of it that are drawn: a row of the frame per cell
GAP = 8  # cells between the pictures
SOURCES = {
    "54": "elementary (rule 54)",
    "110": "elementary (rule 110)",
    "30": "elementary",
    "15": "elementary (rule 15)",
}


@dataclass(frozen=True)
class Options:
    """`rule`: Wolfram's number; `depth`: steps that the cones reach back and ahead, widening by a cell a step."""

    rule: Literal["54", "110", "30", "15"] = "54"
    depth: Literal["1", "2"] = "2"


def prepare(tables: Tables, options: Options) -> pd.DataFrame:
    """Rows by `mark`: 'cell' (`picture` state or information, its place, its value 0 to 1, its bits) and 'run'."""
    runs = tables.runs
    if len(runs):
        runs = runs[runs["source"] == SOURCES[options.rule]].sort_values(["seed", "run_key"])
    if runs.empty:
        return make_empty(tables, f"No run on rule {options.rule}.")
    source: Elementary = open_shelf("data").load("elementary")(rule=int(options.rule), view="block")
    seed, depth = int(runs["seed"].iloc[0]), int(options.depth)
    field = source.draw(STEPS * source.width, seed).reshape(STEPS, source.width)
    bits = map_information(field, depth)
    found = measure_light_cones(field, depth, seed=seed)
    cut = tuple(slice(at, at + SHOWN) for at in (depth, depth))  # the map has no values where a cone leaves the field
    low, high = np.quantile(bits, [0.001, 0.999])
    shade = np.clip((bits - low) / max(high - low, 1e-12), 0, 1)
    parts = [
        _lay_out(1.0 - field[cut], 0).assign(picture="state", bits=np.nan),
        _lay_out(1.0 - shade[:SHOWN, :SHOWN], 1).assign(picture="information", bits=bits[:SHOWN, :SHOWN].ravel()),
        pd.DataFrame({"mark": ["run"], "run_key": [runs["run_key"].iloc[0]]}),
    ]
    frame: pd.DataFrame = pd.concat(parts, ignore_index=True)
    frame.attrs = {
        "x": "cell",
        "y": "step",
        "notes": [
            f"Rule {options.rule}, ring of {source.width} cells, seed {seed}; cones {depth} deep. Left: the state; "
            f"right: local information of past on future, from {low:.2f} (light) to {high:.2f} bits (dark)",
            f"No light-cone complexity: {found.reason}"
            if found.reason
            else f"Light-cone complexity {found.information}; of shuffled pairs {found.null}",
        ],
    }
    return frame


def draw(frame: pd.DataFrame) -> go.Figure:
    """Two heat maps on common axes, time running downwards."""
    cells, figure = frame[frame["mark"] == "cell"], new_figure((1.0,))
    for _, picture in cells.groupby("picture", sort=False):
        add_picture(figure, picture)
    middles = cells.groupby("picture", sort=False)["column"].mean()
    set_linear_axis(figure, "x", cells["column"], "cell", title="")
    set_linear_axis(figure, "y", cells["line"], "step", title="Step")
    bare = {"showgrid": False, "showline": False, "ticks": "", "constrain": "domain"}
    told = {"state": "state", "information": "local information"}
    figure.update_xaxes(tickvals=middles.tolist(), ticktext=[told[name] for name in middles.index], **bare)
    ends = [0, SHOWN // 2, SHOWN]
    figure.update_yaxes(
        tickvals=[-float(end) for end in ends], ticktext=[str(e) for e in ends], scaleanchor="x", **bare
    )
    return figure


def _lay_out(values: np.ndarray, place: int) -> pd.DataFrame:
    steps, cells = np.indices(values.shape)
    left = place * (values.shape[1] + GAP)
    where = {"column": left + cells.ravel().astype(float), "line": -steps.ravel().astype(float)}
    return pd.DataFrame({"mark": "cell", **where, "value": values.ravel()})


figure = Figure(
    "What the past of a cell tells of its future", "known in part", prepare, draw, Options, page="estimators"
)
