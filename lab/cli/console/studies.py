"""Opening the study a command was given: by name, by sweep, or from somebody's file. Imports pandas."""

from __future__ import annotations

from pathlib import Path

from lab.analysis.selection import select_runs
from lab.cli.console.arguments import parse_column_map
from lab.cli.console.output import print_note
from lab.tables import Tables, import_runs, load_tables


def open_study(name: str, column_map: str = "", convention: str = "params_total", by: str | None = None) -> Tables:
    """The tables of a study, an archive or a file; `column_map` is the `--map` of a file with columns of its own.

    Notes say what was read, and which runs no law is fitted to; `by` is a column whose values are selected apart.
    """
    tables = import_runs(Path(name), parse_column_map(column_map, convention)) if column_map else load_tables(name)
    for note in (*tables.notes, *_describe_exclusions(tables, by)):
        print_note(f"note: {note}")
    return tables


def _describe_exclusions(tables: Tables, by: str | None) -> list[str]:
    if tables.is_without_losses:
        return []  # no law is fitted to such a study, and none of its runs is missed
    excluded = select_runs(tables, by).excluded
    counts = excluded["reason"].value_counts()
    reasons = "; ".join(f"{count} {reason}" for reason, count in counts.items())
    return [f"{len(excluded)} of {len(tables.runs)} runs are not fitted: {reasons}"] if len(excluded) else []
