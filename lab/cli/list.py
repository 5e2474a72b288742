"""`lab list`: what stands on the shelves."""

import ast
from pathlib import Path
from typing import Annotated

import typer

from lab.cli.console.arguments import AsJson
from lab.cli.console.output import print_json, print_table, print_text
from lab.core.registry import SHELVES, Entry, open_shelf


def command(
    shelf: Annotated[str, typer.Argument(metavar="[SHELF]", help=f"One of {', '.join(SHELVES)}.")] = "",
    as_json: AsJson = False,
) -> None:
    """Show what there is: sweeps, families, laws, figures … yours included. Nothing is imported."""
    shelves = [open_shelf(shelf)] if shelf else list(SHELVES.values())
    entries = {each.name: [_describe(entry) for entry in each.entries().values()] for each in shelves}
    if as_json:
        print_json({"shelves": entries})
        return
    for name, rows in entries.items():
        cells = [(row["name"], row["summary"], "" if row["builtin"] else row["path"]) for row in rows]
        print_table(f"{name} ({len(rows)})", ("name", "what it is", "yours at"), cells)
    if not shelf:
        print_text("Next: lab plan SWEEP (what it costs), lab status (what is stored).")


def _describe(entry: Entry) -> dict[str, str | bool]:
    return {
        "name": entry.name,
        "summary": _read_summary(entry.path),
        "path": str(entry.path),
        "builtin": entry.builtin,
        "shadows": entry.shadows,
    }


def _read_summary(path: Path) -> str:
    try:
        text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    except SyntaxError as error:
        return f"does not parse: line {error.lineno}"
    return (text or "").split("\n\n")[0].replace("\n", " ")
