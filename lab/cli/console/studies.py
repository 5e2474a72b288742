"""Opening the study a command was given: by name, by sweep, or from somebody's file. Imports pandas."""

from __future__ import annotations

from pathlib import Path

from lab.cli.console.arguments import parse_column_map
from lab.cli.console.output import print_note
from lab.tables import Tables, import_runs, load_tables


def open_study(name: str, column_map: str = "", convention: str = "params_total") -> Tables:
    """The tables of a study, an archive or a file; `column_map` is the `--map` of a file with columns of its own."""
    tables = import_runs(Path(name), parse_column_map(column_map, convention)) if column_map else load_tables(name)
    for note in tables.notes:
        print_note(f"note: {note}")
    return tables
