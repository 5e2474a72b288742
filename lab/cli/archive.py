"""`lab archive`: a study's runs as one file."""

from pathlib import Path
from typing import Annotated

import typer

from lab.cli.console.arguments import AsJson, StudyName
from lab.cli.console.output import print_json, print_text


def command(
    study: StudyName,
    to: Annotated[
        Path | None, typer.Option("--to", metavar="FILE", help="Default: STUDY.parquet by the store.")
    ] = None,
    note: Annotated[str, typer.Option("--note", help="A line for whoever opens it: what was run, on what.")] = "",
    as_json: AsJson = False,
) -> None:
    """Write a study's finished runs, with their hashes, as one Parquet file that any lab opens and no lab changes."""
    from lab.runs.archive import write_archive
    from lab.runs.store import find_results, open_store
    from lab.tables import find_study, list_studies

    name = find_study(study, list_studies()).name
    path = write_archive(open_store(read_only=True), name, to or find_results() / f"{name}.parquet", note)
    if as_json:
        print_json({"study": name, "file": path, "bytes": path.stat().st_size})
        return
    print_text(str(path))
