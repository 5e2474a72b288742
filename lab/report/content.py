"""What a report says, section by section; the same for HTML and Markdown."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from types import ModuleType
from typing import Any

import pandas as pd

from lab.analysis.fits import NamedFit, fit_study
from lab.analysis.forecasts import forecast_largest
from lab.analysis.selection import select_runs
from lab.core.columns import CONVENTIONS, describe_column
from lab.core.estimate import Estimate
from lab.core.fingerprint import KEY_LENGTH, hash_literal
from lab.core.units import format_count, format_duration
from lab.core.verdict import Verdict
from lab.report.document import Badge, Block, Details, Exhibit, Paragraph, Section, Table
from lab.report.judging import judge_study
from lab.report.published import find_published
from lab.tables import Tables

_DESCRIBED = ("family", "source", "optimizer", "size", "params_total", "tokens", "learning_rate", "seed", "window")
_SHOWN_VALUES = 8


def compose_sections(tables: Tables, sweep: ModuleType | None, exhibits: Sequence[Exhibit]) -> list[Section]:
    """All sections, in reading order. A study without runs says so and still lists its claims and figures."""
    return [
        Section("Study", describe_study(tables, sweep)),
        Section("Claims", list_verdicts(tables, sweep)),
        Section("Fits", list_fits(tables)),
        Section("Forecast", list_forecasts(tables)),
        Section("Figures", exhibits),
        Section("Left out", list_exclusions(tables)),
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
        for name in _DESCRIBED
        if name in runs and runs[name].notna().any()
    ]
    return [*about, Paragraph(told), Table(("column", "meaning", "values"), rows)]


def list_verdicts(tables: Tables, sweep: ModuleType | None) -> list[Block]:
    """Every claim with its verdict and evidence."""
    if sweep is None:
        text = "These runs were imported and belong to no sweep, so no claim is judged. Judge them by a sweep's claims:"
        return [Paragraph(f"{text} lab judge {tables.study.name} --sweep NAME (lab list sweeps names them).")]
    return [block for verdict in judge_study(tables) for block in _describe_verdict(verdict)]


def list_fits(tables: Tables) -> list[Block]:
    """Every law fitted, under every convention of N, one row per parameter; refused fits with what to run next."""
    head = ("fit", "against", "law", "parameter", "estimate", "95 % interval", "units", "status", "published")
    rows = [row for named in fit_study(tables) for row in _list_estimates(named)]
    about = (
        "Intervals take the trunk as the independent unit (units: how many). N is all parameters or the body alone, as "
        "each fit says; laws without an irreducible term stand beside Kaplan's, laws with one beside Hoffmann's."
    )
    return [Paragraph(about), Table(head, rows, frozenset({"estimate", "95 % interval", "units"}))]


def list_forecasts(tables: Tables) -> list[Block]:
    """The held-out largest size at every horizon: foretold, observed, error on the loss and on the reducible loss."""
    blocks: list[Block] = []
    head = ("D", "seed", "observed", "forecast", "95 % interval", "error (nats)", "error", "of reducible", "inside")
    for convention in CONVENTIONS[:2]:
        forecast = forecast_largest(tables, convention=convention, law="chinchilla")
        label = describe_column(convention).label
        if forecast.frame.empty:
            fit = forecast.fit
            blocks.append(Paragraph(f"{label}: no forecast ({fit.status}). {fit.reason}. {fit.next_step}."))
            continue
        graded = forecast.frame.sort_values(["tokens", "seed"])
        rows = [_describe_forecast(row) for row in graded.to_dict("records")]
        told = f"Law chinchilla fitted to every size but the largest, N = {label}."
        blocks += [Paragraph(told), Table(head, rows, frozenset(head))]
    return blocks


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
    if "machine" in runs and runs["machine"].notna().any():
        rows.append(("machines", ", ".join(sorted(runs["machine"].dropna().astype(str).unique()))))
    if "finished_at" in runs and runs["finished_at"].notna().any():
        times = runs["finished_at"].dropna().astype(str)
        rows.append(("stored, UTC", f"{times.min()} to {times.max()}"))
    return [Table(("what", "value"), rows), Details(f"{len(keys)} run keys", keys)]


def _describe_forecast(row: dict[Hashable, Any]) -> tuple[str, ...]:
    return (
        format_count(row["tokens"]),
        str(row["seed"]),
        f"{row['observed']:.4f}",
        f"{row['predicted']:.4f}",
        f"[{row['low']:.4f}, {row['high']:.4f}]",
        f"{row['error_nats']:+.4f}",
        f"{row['error_relative']:+.2%}",
        f"{row['error_reducible']:+.2%}",
        "yes" if row["inside"] else "no",
    )


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


def _list_estimates(named: NamedFit) -> list[tuple[str, ...]]:
    fit, against = named.fit, ", ".join(named.columns)
    if not fit.estimates:
        refusal = f"{fit.status}: {fit.reason}. {fit.next_step}"
        return [(named.title, against, fit.law, "–", "–", "–", str(fit.units), refusal, "")]
    status = fit.status if not fit.reason else f"{fit.status}: {fit.reason}"
    return [
        (
            named.title, against, fit.law, _label_parameter(estimate), f"{estimate.value:.4g}",
            _format_interval(estimate), str(estimate.n), status,
            find_published(fit.law, named.columns[0], estimate.name),
        )
        for estimate in fit.estimates
    ]  # fmt: skip


def _label_parameter(estimate: Estimate) -> str:
    return f"{estimate.name} ({estimate.unit})" if estimate.unit else estimate.name


def _format_interval(estimate: Estimate) -> str:
    text = str(estimate)
    return text[text.index("[") : text.index("]") + 1] if estimate.has_interval else f"none: {estimate.method}"


def _list_values(values: pd.Series, unit: str) -> str:
    distinct = sorted(values.dropna().unique())
    counted = unit in ("tokens", "parameters")
    shown = [format_count(v) if counted else f"{v:g}" if isinstance(v, float) else str(v) for v in distinct]
    if len(shown) > _SHOWN_VALUES:
        return f"{len(shown)} values from {shown[0]} to {shown[-1]}"
    return ", ".join(shown)
