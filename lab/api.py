"""Floor 7: the notebook face. The same as the `lab` command, with values in place of text.

    from lab import api
    api.run("known_entropy")
    runs = api.tables("known_entropy").runs
    for fit in api.fit("known_entropy"): ...
    api.figure("loss_vs_tokens", "known_entropy")

A study is named as on the command line: by its name, by its sweep, or by a CSV, Parquet or JSONL file of runs.
Every function raises `LabError` with a next step; none of them trains anything but `run`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lab.analysis.laws.fits import NamedFit, fit_law_to, fit_study
from lab.core.verdict import Verdict
from lab.figures import draw_figure
from lab.report import ReportPaths, judge_study, write_report
from lab.runs.driver import Event, StudyOutcome, name_study, run_study
from lab.runs.executor import LocalExecutor
from lab.runs.store import find_results, open_store
from lab.tables import Tables, load_runs, load_tables

if TYPE_CHECKING:
    import plotly.graph_objects as go


def run(
    sweep: str, preset: str = "smoke", workers: int = 0, on_event: Callable[[Event], None] = lambda event: None
) -> StudyOutcome:
    """Run what the sweep still lacks, `workers` runs at a time (0: one per core)."""
    store, study = open_store(), name_study(sweep, preset)
    executor = LocalExecutor(workers or os.cpu_count() or 1)
    try:
        return run_study(sweep, preset, store, executor, lambda: load_runs(store, study), on_event)
    finally:
        executor.shutdown(cancel=True)


def tables(study: str | Path | Tables) -> Tables:
    """The tidy tables of a study or a file: `.runs`, one row per run, and `.curves`."""
    return study if isinstance(study, Tables) else load_tables(str(study))


def fit(
    study: str | Path | Tables, law: str = "", against: str = "size", convention: str = "params_total"
) -> Sequence[NamedFit]:
    """The fits of one law, or without a law the study's standard set. A refusal is a status and not an error."""
    opened = tables(study)
    return [fit_law_to(opened, law, against=against, convention=convention)] if law else fit_study(opened)


def judge(study: str | Path | Tables, sweep: str = "") -> Sequence[Verdict]:
    """The claims of the study's sweep (or of another `sweep`), judged on its runs."""
    return judge_study(tables(study), sweep)


def figure(name: str, study: str | Path | Tables, **options: Any) -> go.Figure:
    """A plotly figure; `options` are those `lab figure` lists."""
    return draw_figure(name, tables(study), options)[1]


def report(study: str | Path | Tables, folder: str | Path | None = None) -> ReportPaths:
    """Write the study's HTML and Markdown report and return where they are."""
    opened = tables(study)
    return write_report(opened, Path(folder) if folder else find_results() / "reports" / opened.study.name)
