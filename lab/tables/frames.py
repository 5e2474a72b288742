"""Stored runs as tidy frames."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from lab.core.columns import COLUMNS
from lab.runs.store import StoredRun

TEXT = (*(column.name for column in COLUMNS.values() if column.is_text), "error")
CURVE = ("tokens", "flops", "loss_nats", "train_loss_nats", "online_bits", "learning_rate", "cpu_seconds")


def make_runs_frame(study: str, runs: Sequence[StoredRun]) -> pd.DataFrame:
    """One row per run, every column of the glossary; what is unknown is NaN, or '' for text."""
    rows = [
        {
            **run.columns,
            **run.metrics,
            **run.totals,
            "run_key": run.key,
            "trunk_key": run.columns.get("trunk_key", run.trunk_key),  # an imported run brings its own
            "study": study,
            "stage": run.stage,
            "status": run.status,
            "error": run.error,
            "machine": run.provenance.get("machine", ""),
            "finished_at": run.finished_at or "",
        }
        for run in runs
    ]
    return tidy_runs(pd.DataFrame(rows))


def tidy_runs(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with the glossary's columns in its order and type, the user's own behind, sorted by run key.

    Every column of the area 'training' is there; those of other areas only where the frame has them.
    """
    known = [*(c.name for c in COLUMNS.values() if c.area == "training" or c.name in frame), "error"]
    frame = frame.reindex(columns=[*known, *(c for c in frame.columns if c not in known)])
    for name in known:
        if name in TEXT:
            frame[name] = frame[name].astype(object).where(frame[name].notna(), "").astype(str)
        else:
            frame[name] = pd.to_numeric(frame[name], errors="coerce").astype(float)
    return frame.sort_values("run_key", ignore_index=True)


def make_curves_frame(runs: Sequence[StoredRun]) -> pd.DataFrame:
    """One row per run and curve point: the columns of a training curve, then those of other kinds of run."""
    pieces = []
    for run in runs:
        columns = {**run.curve, **run.timings}
        length = len(next(iter(run.curve.values()), ()))
        if length:
            piece = {name: np.array(columns.get(name, [None] * length), dtype=float) for name in (*CURVE, *columns)}
            pieces.append(pd.DataFrame({"run_key": run.key, "trunk_key": run.trunk_key, **piece}))
    return pd.concat(pieces, ignore_index=True) if pieces else pd.DataFrame(columns=["run_key", "trunk_key", *CURVE])
