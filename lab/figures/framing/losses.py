"""The frame shared by the figures of loss against one predictor: runs, means over seeds, what was left out, the law."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from lab.analysis.laws.named import NamedFit
from lab.analysis.selection import select_runs
from lab.figures.framing.law import describe_fit, trace_law
from lab.figures.framing.series import LOSS, average_seeds, count_exclusions, keep_positive, make_empty
from lab.tables import Tables


def frame_losses(
    tables: Tables, x: str, name_series: Callable[[pd.DataFrame], pd.Series], named: NamedFit | None
) -> pd.DataFrame:
    """Rows by `mark`: 'run' (a selected run), 'mean' (over seeds, with interval), 'left out', 'law', 'floor'."""
    selection = select_runs(tables)
    runs = keep_positive(selection.rows, x, LOSS)
    if runs.empty:
        return make_empty(tables, f"No finished run to draw. {count_exclusions(selection.excluded)}".strip())
    runs = runs.sort_values(["params_total", "tokens", "seed"]).assign(series=name_series, mark="run")
    out = tables.runs.merge(selection.excluded, on="run_key")
    out = keep_positive(out, x, LOSS).assign(mark="left out", series="left out")
    means = average_seeds(runs, ["series", x], LOSS).assign(mark="mean")
    law = trace_law(named, x, named.rows_used[x]) if named else pd.DataFrame()
    parts = [runs, means, law, out, find_floor(runs, x)]
    frame = pd.concat([part for part in parts if len(part)], ignore_index=True)
    wanted = ["mark", "series", x, LOSS, "low", "high", "run_key", "trunk_key", "seed", "reason"]
    frame = frame[[column for column in wanted if column in frame]]
    seeds = "Small markers: runs; large markers: mean over seeds, with 95 % interval (Student's t) for several"
    notes = [seeds, describe_fit(named) if named else "", count_exclusions(selection.excluded)]
    frame.attrs = {"x": x, "y": LOSS, "notes": [note for note in notes if note]}
    if named and named.fit.theta is None:
        frame.attrs["refused"] = f"No law drawn ({named.fit.status}):\n{named.fit.reason}"
    return frame


def find_floor(runs: pd.DataFrame, x: str) -> pd.DataFrame:
    """A row marked 'floor' at either end of the runs, where the true model's loss on their windows is known and one."""
    floors = set(runs["floor_nats"].dropna()) if "floor_nats" in runs else set()
    if len(floors) != 1:
        return pd.DataFrame()
    ends = [runs[x].min(), runs[x].max()]
    return pd.DataFrame({"mark": "floor", "series": "known floor (true model)", x: ends, LOSS: float(floors.pop())})
