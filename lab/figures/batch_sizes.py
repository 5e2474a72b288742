"""Loss against batch size at equal tokens, with Kaplan's law of N, D and B, and the critical batch it gives.

Kaplan et al. 2020 (arXiv 2001.08361), equations 1.6, 5.3 and 5.4; McCandlish et al. 2018 (arXiv 1812.06162) for what a
critical batch is: the one at which a loss takes twice the fewest tokens and twice the fewest steps.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from lab.analysis.laws.fits import fit_joint
from lab.analysis.laws.named import NamedFit
from lab.figures import Figure
from lab.figures.framing.series import LOSS, average_seeds, keep_positive, make_empty, name_horizons
from lab.figures.ink.axes import set_log_axis
from lab.figures.ink.marks import add_intervals, add_line, add_note, add_points, new_figure, split_marks
from lab.figures.ink.palette import INK, Look, choose_looks
from lab.scaling.laws.critical_batch import law
from lab.tables import Tables

BATCH = "batch_tokens"
CRITICAL = "critical_tokens"
STEPS = 40  # of a line


@dataclass(frozen=True)
class Options:
    """`size`: whose runs are drawn; the law is fitted to all. `convention`: the N of the law."""

    size: Literal["largest", "smallest"] = "largest"
    convention: Literal["params_body", "params_total"] = "params_body"


def prepare(tables: Tables, options: Options) -> pd.DataFrame:
    """Rows by `mark`: 'run', 'mean' (over seeds), 'law' (loss by batch) and 'critical' (B_crit by loss)."""
    named = fit_joint(tables, law, options.convention)
    runs = keep_positive(named.rows_used, BATCH, LOSS, options.convention)
    if runs.empty:
        return make_empty(tables, "No finished run with a batch size.")
    if runs[BATCH].nunique() < 2:
        return make_empty(tables, "The runs have one batch size.", "Run\nlab run batch_size --preset smoke")
    chosen = runs[options.convention].max() if options.size == "largest" else runs[options.convention].min()
    runs = runs[runs[options.convention] == chosen].sort_values(["tokens", BATCH])
    runs = runs.assign(mark="run", series=name_horizons)
    means = average_seeds(runs, ["series", "tokens", BATCH], LOSS).sort_values(["tokens", BATCH]).assign(mark="mean")
    parts: list[pd.DataFrame] = [runs[["mark", "series", "tokens", BATCH, LOSS, "run_key", "seed"]], means]
    told = "; ".join(str(e.name) + " = " + str(e) for e in named.fit.estimates if e.name in ("B_star", "alpha_B"))
    if named.fit.theta is not None:
        parts += [*_trace_law(named, means, chosen), _trace_critical(named, runs)]
    frame: pd.DataFrame = pd.concat(parts, ignore_index=True)
    frame.attrs = {
        "x": BATCH,
        "y": LOSS,
        "notes": [
            f"Runs of {chosen:.4g} parameters, each batch at its best learning rate; bars: 95 % over seeds",
            f"Law L(N, D, B) of all sizes ({named.fit.status}): {told}" if told else f"No law: {named.fit.reason}",
        ],
    }
    if named.fit.theta is None:
        frame.attrs["refused"] = f"No critical batch: {named.fit.reason}\n{named.fit.next_step}"
    return frame


def draw(frame: pd.DataFrame) -> go.Figure:
    """Loss by batch above, a look per horizon; the critical batch by loss below."""
    marks = split_marks(frame)
    figure = new_figure((0.62, 0.45), share_x=False) if "critical" in marks else new_figure()
    for name, look in choose_looks(marks["mean"]["series"].unique()).items():
        by_mark = {mark: rows[rows["series"] == name] for mark, rows in marks.items()}
        add_points(figure, by_mark["run"], BATCH, LOSS, look, str(name), faint=True, legend=False)
        add_intervals(figure, by_mark["mean"], BATCH, LOSS, look, str(name))
        if "law" in by_mark:
            line = by_mark["law"]
            add_line(figure, line[BATCH], line[LOSS], Look(look.color, "circle", "solid"), str(name), legend=False)
    if "refused" in frame.attrs:
        add_note(figure, frame.attrs["refused"])
    shown = frame[frame["mark"] != "critical"]
    set_log_axis(figure, "x", shown[BATCH], BATCH)
    set_log_axis(figure, "y", shown[LOSS], LOSS)
    if "critical" in marks:
        own = marks["critical"]
        add_line(figure, own[LOSS], own[CRITICAL], Look(INK, "circle", "solid"), "critical batch by the law", row=2)
        set_log_axis(figure, "x", own[LOSS], LOSS, row=2)
        set_log_axis(figure, "y", own[CRITICAL], CRITICAL, row=2, title="Critical batch (tokens)")
    return figure


def _trace_law(named: NamedFit, means: pd.DataFrame, size: float) -> list[pd.DataFrame]:
    at = np.geomspace(means[BATCH].min(), means[BATCH].max(), STEPS)
    parts = []
    for _, row in means.drop_duplicates("series").iterrows():
        held: dict[str, Any] = {"size": np.full(STEPS, size), "tokens": np.full(STEPS, row["tokens"]), BATCH: at}
        line = {BATCH: at, LOSS: named.fit.predict_mean(**held).value}
        parts.append(pd.DataFrame({"mark": "law", "series": row["series"], "tokens": row["tokens"], **line}))
    return parts


def _trace_critical(named: NamedFit, runs: pd.DataFrame) -> pd.DataFrame:
    assert named.fit.theta is not None
    at = np.geomspace(runs[LOSS].min(), runs[LOSS].max(), STEPS)
    critical = law.find_critical(named.fit.theta, at)
    return pd.DataFrame({"mark": "critical", "series": "critical", LOSS: at, CRITICAL: critical})


figure = Figure("Loss against batch size, and the critical batch", "training", prepare, draw, Options)
