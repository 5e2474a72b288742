"""`lab import`: somebody else's runs."""

from pathlib import Path
from typing import Annotated

import typer

from lab.cli.console.arguments import AsJson, ColumnMap, parse_column_map
from lab.cli.console.output import print_json, print_note, print_text
from lab.core.errors import InputError


def command(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV, Parquet or JSON lines, a row per run.")],
    column_map: ColumnMap = "",
    name: Annotated[str, typer.Option("--name", help="The study's name; default: the file's.")] = "",
    as_json: AsJson = False,
) -> None:
    """Check a file of runs and keep it as a study that can be fitted, drawn, reported and browsed.

    Columns named as in the glossary need no --map. A row that cannot be right is named, and then nothing is kept.
    """
    from lab.runs.store import open_store
    from lab.tables import import_runs, list_studies
    from lab.tables.importing import store_import

    tables = import_runs(file, parse_column_map(column_map), name)
    study = tables.study.name
    if study in {known.name for known in list_studies()}:
        raise InputError("study", study, "there is one of this name", "give yours another with --name")
    count = store_import(open_store(), tables)
    for note in tables.notes:
        print_note(f"note: {note}")
    if as_json:
        print_json({"study": study, "runs": count, "notes": tables.notes})
        return
    print_text(f"{study}: {count} runs")
    print_text(f"Next: lab fit {study}, lab export {study}, lab report {study}, lab dashboard")
