"""`lab export`: every figure of a study, on disk."""

from pathlib import Path
from typing import Annotated

import typer

from lab.cli.console.arguments import AsJson, OutputFolder, StudyName
from lab.cli.console.output import print_json, print_note, print_text
from lab.core.errors import InputError
from lab.core.registry import open_shelf


def command(
    study: StudyName,
    formats: Annotated[
        str, typer.Option("--formats", help="Any of pdf, svg, png, html, csv.")
    ] = "pdf,svg,png,html,csv",
    width: Annotated[str, typer.Option("--width", help="A journal's column: single or double.")] = "single",
    to: OutputFolder = None,
    as_json: AsJson = False,
) -> None:
    """Write all figures that the study's runs can bear: PDF, SVG, PNG, HTML, CSV and caption each."""
    from lab.cli.console.studies import open_study
    from lab.figures.printing import export_figure
    from lab.runs.store import find_results

    tables = open_study(study)
    kinds = tuple(kind.strip() for kind in formats.split(",") if kind.strip())
    folder = to or find_results() / "figures" / tables.study.name
    written: dict[str, list[Path]] = {}
    skipped: dict[str, str] = {}
    for name in open_shelf("figures").names():
        try:
            written[name] = export_figure(name, tables, {}, folder, formats=kinds, width=width)
        except InputError as error:  # a figure these runs cannot bear; the others can
            skipped[name] = str(error)
    if as_json:
        print_json({"study": tables.study.name, "files": written, "skipped": skipped})
    for name, paths in written.items():
        if not as_json:
            print_text(f"{name}: {', '.join(path.name for path in paths)}")
    for name, reason in skipped.items():
        print_note(f"skipped {name}: {reason}")
    if not written:
        raise InputError("lab export", tables.study.name, "no figure could be drawn", "run or import something first")
    if not as_json:
        print_text(f"All in {folder}")
