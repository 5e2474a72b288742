"""What a report says, section by section; the same for HTML and Markdown."""

from __future__ import annotations

from collections.abc import Sequence
from types import ModuleType

import pandas as pd

from lab.analysis.selection import select_runs
from lab.core.columns import COLUMNS, describe_column
from lab.core.fingerprint import KEY_LENGTH, hash_literal
from lab.core.units import format_count, format_duration
from lab.core.verdict import Verdict
from lab.report.document import Badge, Block, Details, Exhibit, Paragraph, Section, Table
from lab.report.judging import judge_study
from lab.report.numbers import list_fits, list_forecasts, list_rates
from lab.tables import Tables

_DESCRIBED = ("family", "source", "optimizer", "size", "params_total", "tokens", "learning_rate", "seed", "window")
_SHOWN_VALUES = 8


def compose_sections(tables: Tables, sweep: ModuleType | None, exhibits: Sequence[Exhibit]) -> list[Section]:
    """All sections, in reading order. A study without runs says so and still lists its claims and figures; one whose
    runs have no loss has nothing on laws.
    """
    laws = {
        "Fits": list_fits,
        "Forecast": list_forecasts,
        "Learning rates": list_rates,
    }
    of_laws = [] if tables.is_without_losses else [Section(title, tell(tables)) for title, tell in laws.items()]
    left_out = [] if tables.is_without_losses else [Section("Left out", list_exclusions(tables))]
    return [
        Section("Study", describe_study(tables, sweep)),
        Section("Claims", list_verdicts(tables, sweep)),
        *of_laws,
        Section("Figures", exhibits),
        *left_out,
        Section("Provenance", list_provenance(tables)),
    ]


def describe_study(tables: Tables, sweep: ModuleType | None) -> list[Block]:
    """The question, the paper, and what was varied."""
    study, runs = tables.study, tables.runs
    about = [Paragraph(sweep.question), Paragraph(sweep.citation)] if sweep else []
    preset = f", preset {study.preset}" if study.preset else ""
    if runs.empty:
        return [*about, Paragraph(f"Study {study.name} ({study.origin}{preset}) holds no runs yet.")]
    counts = ", ".join(f"{count} {status}" for status, count in runs["status"].value_counts().items())
    seconds = runs["cpu_seconds"].sum() if "cpu_seconds" in runs else 0.0
    spent = f" {format_duration(seconds)} of CPU." if seconds > 0 else ""
    trunks = runs["trunk_key"].nunique()
    told = f"Study {study.name} ({study.origin}{preset}): {len(runs)} runs of {trunks} trunks ({counts}).{spent}"
    rows = [
        (name, describe_column(name).definition, _list_values(runs[name], describe_column(name).unit))
        for name in _list_described(runs)
        if runs[name].notna().any() and (runs[name] != "").any()
    ]
    return [*about, Paragraph(told), Table(("column", "meaning", "values"), rows)]


def _list_described(runs: pd.DataFrame) -> list[str]:
    """What was varied: of runs of other kinds than training the names and axes of their own."""
    own = [
        c.name for c in COLUMNS.values() if c.area != "training" and c.kind in ("identity", "axis") and c.name in runs
    ]
    return [*(name for name in _DESCRIBED if name in runs), *own]


def list_verdicts(tables: Tables, sweep: ModuleType | None) -> list[Block]:
    """Every claim with its verdict and evidence."""
    if sweep is None:
        text = "These runs were imported and belong to no sweep, so no claim is judged. Judge them by a sweep's claims:"
        return [Paragraph(f"{text} lab judge {tables.study.name} --sweep NAME (lab list sweeps names them).")]
    return [block for verdict in judge_study(tables) for block in _describe_verdict(verdict)]


def list_exclusions(tables: Tables) -> list[Block]:
    """The runs that no fit used, counted by reason."""
    excluded = select_runs(tables).excluded
    if excluded.empty:
        return [Paragraph("Nothing: every run entered the fits.")]
    reasons = [(str(reason), str(count)) for reason, count in excluded["reason"].value_counts().items()]
    told = f"{len(excluded)} of {len(tables.runs)} runs entered no fit."
    return [Paragraph(told), Table(("reason", "runs"), reasons, frozenset({"runs"}))]


def list_provenance(tables: Tables) -> list[Block]:
    """Where the numbers come from: the tables' hash, the runs' keys, machines and times."""
    runs = tables.runs
    keys = sorted(runs["run_key"]) if len(runs) else []
    rows = [("tables, SHA-256", tables.hash), ("run keys, hashed together", hash_literal(keys)[:KEY_LENGTH])]
    if tables.study.path is not None:
        rows.append(("read from", tables.study.path.name))
    machines, times = (_list_known(runs, name) for name in ("machine", "finished_at"))
    if machines:
        rows.append(("machines", ", ".join(machines)))
    if times:
        rows.append(("stored, UTC", f"{times[0]} to {times[-1]}"))
    return [Table(("what", "value"), rows), Details(f"{len(keys)} run keys", keys)]


def _describe_verdict(verdict: Verdict) -> list[Block]:
    estimate = verdict.estimate
    rows = [
        ("estimand", estimate.name),
        ("estimate", str(estimate)),
        ("smallest effect that matters", f"{verdict.margin:.3g} {estimate.unit}".strip()),
        ("published", verdict.published or "no figure"),
        ("paper", verdict.citation),
        ("evidence", f"{estimate.n} independent units ({verdict.unit_of_evidence}), {len(verdict.run_keys)} runs"),
        ("method", estimate.method),
        ("because", verdict.reason),
    ]
    table = Table(("", verdict.claim), [row for row in rows if row[1]])
    parts = [block for part in verdict.parts for block in _describe_verdict(part)]
    return [Badge(str(verdict.outcome), verdict.statement, verdict.flags), table, *parts]


def _list_known(runs: pd.DataFrame, column: str) -> list[str]:
    return sorted({str(value) for value in runs[column].dropna()} - {""}) if column in runs else []


def _list_values(values: pd.Series, unit: str) -> str:
    distinct = sorted(values.dropna().unique())
    counted = unit in ("tokens", "parameters")
    shown = [format_count(v) if counted else f"{v:g}" if isinstance(v, float) else str(v) for v in distinct]
    if len(shown) > _SHOWN_VALUES:
        return f"{len(shown)} values from {shown[0]} to {shown[-1]}"
    return ", ".join(shown)
