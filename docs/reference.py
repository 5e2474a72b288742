"""Writes the generated parts of the documents: `make docs`. A test compares them with what is committed.

A generated part stands between `<!-- NAME: generated -->` and `<!-- NAME: end -->`; the rest of a document is written
by hand and left alone.
"""

from __future__ import annotations

import dataclasses
import inspect
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import typer

from lab.cli.console.app import build_app, spell_command
from lab.core.columns import COLUMNS
from lab.core.registry import SHELVES, open_shelf

ROOT = Path(__file__).resolve().parents[1]


def render_commands() -> str:
    """The commands, one line each."""
    return render_table(
        ("command", "what it does"),
        [(f"`{usage(c, options=False)}`", first_sentence(c)) for c in list_commands().values()],
    )


def render_reference() -> str:
    """Every command with its arguments and options."""
    sections = []
    for name, command in list_commands().items():
        sections += [f"## lab {name}", f"```text\n{usage(command)}\n```", (command.help or "").strip()]
        rows = [(spell(p), (p.help or "").replace("|", "\\|"), show_default(p)) for p in command.params if is_shown(p)]
        sections += [render_table(("argument or option", "meaning", "default"), rows)] if rows else []
    return "\n\n".join(sections)


def render_columns() -> str:
    """The words of every table, by kind."""
    titles = {"axis": "What a law predicts from", "measure": "What is measured", "identity": "What a row is",
              "provenance": "Where it comes from"}  # fmt: skip
    sections = []
    for kind, title in titles.items():
        rows = [
            (f"`{c.name}`", c.symbol, c.unit, c.definition.replace("|", "\\|"))
            for c in COLUMNS.values()
            if c.kind == kind
        ]
        sections += [f"### {title}", render_table(("column", "symbol", "unit", "definition"), rows)]
    return "\n\n".join(sections)


def render_shelves() -> str:
    """Where an entry of each shelf stands and what its file exposes."""
    rows = [
        (shelf.name, f"`{shelf.folder}/`", f"`{shelf.user_folder}/`", ", ".join(f"`{a}`" for a in shelf.attributes))
        for shelf in SHELVES.values()
    ]
    return render_table(("shelf", "built in", "in your LAB_PATH folder", "each file exposes"), rows)


def render_families() -> str:
    """The families of language models."""
    return render_architectures("families")


def render_classifiers() -> str:
    """The families that classify."""
    return render_architectures("classifiers")


def render_architectures(name: str) -> str:
    """Every entry of a shelf of nets: what it is, its dials at their defaults, its counts as its own docstrings say."""
    shelf = open_shelf(name)
    rows = []
    for entry in shelf.names():
        family = shelf.load(entry)
        about = first_sentence_of(shelf.find(entry).module.__doc__ or "")
        dials = ", ".join(f"{dial.name} {show_dial(dial.default)}" for dial in dataclasses.fields(family))
        counts = (inspect.getdoc(getattr(family, count)) or "" for count in ("count_parameters", "count_forward_flops"))
        rows.append((f"`{entry}`", about, dials, *(first_sentence_of(text).replace("|", "\\|") for text in counts)))
    return render_table(("family", "what it is", "dials", "parameters", "FLOP of a forward pass"), rows)


def first_sentence_of(text: str) -> str:
    """The first paragraph's first sentence, on one line; a full stop inside 'et al. 2014' ends none."""
    return re.split(r"(?<=\.)\s+(?=[A-Z])", " ".join(text.split("\n\n")[0].split()))[0]


def show_dial(default: Any) -> str:
    """A dial's default; what follows the size is '…'."""
    return "…" if default is None else str(default)


PARTS: dict[str, dict[str, Callable[[], str]]] = {
    "README.md": {"commands": render_commands},
    "CONTRIBUTING.md": {"shelves": render_shelves},
    "docs/cli.md": {"reference": render_reference},
    "docs/families.md": {"families": render_families},
    "docs/images.md": {"classifiers": render_classifiers},
    "docs/glossary.md": {"columns": render_columns},
}


def render_document(name: str) -> str:
    """The document with its generated parts as they should be."""
    text = (ROOT / name).read_text(encoding="utf-8")
    for part, render in PARTS[name].items():
        begin, end = f"<!-- {part}: generated -->\n", f"<!-- {part}: end -->"
        assert text.count(begin) == text.count(end) == 1, f"{name} needs one part {begin} … {end}"
        before, rest = text.split(begin)
        text = "".join([before, begin, render(), "\n", end, rest.split(end)[1]])
    return text


def render_table(header: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """A Markdown table."""
    lines = [header, tuple("---" for _ in header), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def list_commands() -> dict[str, Any]:
    """The commands of the house (not a user's), by name."""
    group: Any = typer.main.get_command(build_app())
    return {name: group.commands[name] for name in map(spell_command, SHELVES["commands"].names())}


def usage(command: Any, options: bool = True) -> str:
    """'lab fit STUDY [OPTIONS]', or without the last word."""
    arguments = [p.metavar or p.name.upper() for p in command.params if p.param_type_name == "argument"]
    some = options and any(p.param_type_name == "option" and is_shown(p) for p in command.params)
    return " ".join(["lab", command.name, *arguments, *(["[OPTIONS]"] if some else [])])


def spell(parameter: Any) -> str:
    """An argument by its placeholder, an option with its other spellings."""
    if parameter.param_type_name == "argument":
        return f"`{parameter.metavar or parameter.name.upper()}`"
    names = ", ".join(f"`{name}`" for name in [*parameter.opts, *parameter.secondary_opts])
    return f"{names} `{parameter.metavar}`" if parameter.metavar else names


def show_default(parameter: Any) -> str:
    """The default where there is one worth saying."""
    plain = parameter.default is None or parameter.default is False or parameter.default in ("", ())
    shown = parameter.opts[0] if parameter.default is True else parameter.default
    return "" if plain or parameter.required else f"`{shown}`"


def is_shown(parameter: Any) -> bool:
    """Everything but --help."""
    return parameter.name != "help" and not getattr(parameter, "hidden", False)


def first_sentence(command: Any) -> str:
    """The first sentence of a command's help, on one line."""
    text = " ".join((command.help or "").split("\n\n")[0].split())
    return re.split(r"(?<=\.)\s", text)[0]


def main() -> None:
    """Write every document that has changed."""
    for name in PARTS:
        text = render_document(name)
        if text != (ROOT / name).read_text(encoding="utf-8"):
            (ROOT / name).write_text(text, encoding="utf-8")
            print(f"wrote {name}")


if __name__ == "__main__":
    main()
