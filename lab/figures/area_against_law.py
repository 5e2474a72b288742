"""The closed form of a fitted law against the areas under the online trajectories it should describe.

K = β/(1−β)·D0^β·D^(1−β) is derived from Finzi et al. 2026, arXiv 2601.03220; the fit sees cooled endpoints only, so
the areas are what it did not see. Where the interval of their ratio leaves out 1, the fit is flagged.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import pandas as pd
import plotly.graph_objects as go

from lab.analysis.complexity.code_lengths import measure_runs
from lab.analysis.complexity.epiplexity import check_areas, draw_law
from lab.analysis.laws.fits import fit_joint
from lab.core.errors import RefusedError
from lab.figures import Figure
from lab.figures.framing.series import make_empty, name_sizes
from lab.figures.ink.axes import set_log_axis
from lab.figures.ink.marks import add_band, add_intervals, add_line, add_points, new_figure, split_marks
from lab.figures.ink.palette import NEUTRAL, choose_looks
from lab.tables import Tables

X, Y = "law_bits", "area_bits"


@dataclass(frozen=True)
class Options:
    """`law`: fitted to all sizes and horizons; `convention`: what N counts."""

    law: Literal["chinchilla", "tied"] = "chinchilla"
    convention: Literal["params_total", "params_body", "params_active"] = "params_total"


def prepare(tables: Tables, options: Options) -> pd.DataFrame:
    """Rows by `mark`: 'run' (its area and the law's), 'cell' (mean over seeds with its interval), 'law' (the identity,
    with the interval of the law).
    """
    named = fit_joint(tables, options.law, options.convention)
    if measure_runs(tables).rows.empty:
        return make_empty(tables, f"No run with an online code length: {measure_runs(tables).reason}.")
    try:
        found = check_areas(tables, named, draw_law(tables, named))
    except RefusedError as refusal:
        return make_empty(tables, f"No law to hold the areas against: {refusal.rule}.", refusal.next_step)
    if found.reason:
        return make_empty(tables, f"Nothing to hold the law against: {found.reason}.")
    runs = found.runs.assign(mark="run", series=name_sizes(found.runs))
    names = dict(zip(runs["params_total"], runs["series"], strict=True))
    cells = found.cells.rename(columns={"area_low": "low", "area_high": "high"})
    cells = cells.assign(mark="cell", series=cells["params_total"].map(names))
    line = found.cells[[X, "law_low", "law_high"]].drop_duplicates().sort_values(X)
    line = line.rename(columns={"law_low": "low", "law_high": "high"}).assign(mark="law", series="as the law says")
    wanted = ["mark", "series", X, Y, "low", "high", "tokens", "area_tokens", "run_key", "trunk_key", "seed"]
    frame = pd.concat([runs, cells, line.assign(**{Y: line[X]})], ignore_index=True)
    frame = frame[[name for name in wanted if name in frame]]
    frame.attrs = {
        "x": X,
        "y": Y,
        "notes": [
            f"Area over law, over trunks: {found.verdict}",
            *filter(None, [found.describe_apart()]),
            "Bars: 95 % intervals over seeds; band: 95 % interval of the law; every point is one size and horizon",
        ],
    }
    return frame


def draw(frame: pd.DataFrame) -> go.Figure:
    """Both axes logarithmic; the identity with the law's band, a look per size."""
    figure, marks = new_figure(), split_marks(frame)
    law = marks["law"]
    add_band(figure, law[X], law["low"], law["high"], NEUTRAL, "as the law says", legend=False)
    add_line(figure, law[X], law[Y], NEUTRAL, "as the law says", width=1.4)
    for name, look in choose_looks(marks["cell"]["series"].unique()).items():
        own = marks["run"][marks["run"]["series"] == name]
        add_points(figure, own, X, Y, look, str(name), faint=True, legend=False)
        add_intervals(figure, marks["cell"][marks["cell"]["series"] == name], X, Y, look, str(name))
    set_log_axis(figure, "x", frame[X], X)
    set_log_axis(figure, "y", frame[[Y, "low", "high"]].to_numpy(float).ravel(), Y)
    return figure


figure = Figure("Closed form against measured area", "area", prepare, draw, Options, page="epiplexity")
