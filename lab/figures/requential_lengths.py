"""Two estimates of the bits of structure, for every source: the area above the loss curve and the requential length.

Finzi et al. 2026 (arXiv 2601.03220): the first comes free with any curve and is no bound; the second
is the rate of a code, which reaches it up to log2(KL + 1) + O(1) bits a block.
"""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from lab.analysis.complexity.code_lengths import measure_runs
from lab.figures import Figure, NoOptions
from lab.figures.framing.series import average_seeds, keep_positive, make_empty
from lab.figures.ink.axes import set_log_axis
from lab.figures.ink.marks import add_intervals, add_line, add_points, new_figure, split_marks
from lab.figures.ink.palette import NEUTRAL, choose_looks
from lab.tables import Tables

X, Y = "requential_bits", "area_bits"
NOTES = [
    "Bars: 95 % interval of the mean area over seeds; faint: single runs",
    "Requential: Σ KL(teacher ‖ student); a code reaches it up to log2(KL + 1) + O(1) bits a block",
]


def prepare(tables: Tables, options: NoOptions) -> pd.DataFrame:
    """Rows by `mark`: 'run', 'mean' (of a source, with its interval over seeds) and 'equal' (area as long)."""
    rows = keep_positive(measure_runs(tables).rows, X, Y)
    if rows.empty:
        return make_empty(tables, "No run with a requential length: `lab run epiplexity --preset smoke` makes some.")
    runs = rows.assign(mark="run", series=rows["source"].astype(str))[["mark", "series", X, Y, "run_key", "seed"]]
    middle = runs.groupby("series")[X].mean()
    means = average_seeds(runs, ["series"], Y).assign(mark="mean")
    means[X] = means["series"].map(middle)
    ends = [min(runs[X].min(), runs[Y].min()), max(runs[X].max(), runs[Y].max())]
    equal = pd.DataFrame({"mark": "equal", "series": "equally long", X: ends, Y: ends})
    frame = pd.concat([runs.sort_values("series"), means, equal], ignore_index=True)
    frame.attrs = {"x": X, "y": Y, "notes": NOTES}
    return frame


def draw(frame: pd.DataFrame) -> go.Figure:
    """Both axes logarithmic; a look per source, the diagonal dashed."""
    figure, marks = new_figure(), split_marks(frame)
    add_line(figure, marks["equal"][X], marks["equal"][Y], NEUTRAL, "equally long", width=1.4)
    for name, look in choose_looks(marks["mean"]["series"].unique()).items():
        add_points(figure, marks["run"][marks["run"]["series"] == name], X, Y, look, name, faint=True, legend=False)
        add_intervals(figure, marks["mean"][marks["mean"]["series"] == name], X, Y, look, name)
    set_log_axis(figure, "x", frame[X], X)
    set_log_axis(figure, "y", frame[Y], Y)
    return figure


figure = Figure("Area against requential length", "requential", prepare, draw, page="epiplexity")
