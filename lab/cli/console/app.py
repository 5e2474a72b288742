"""The application: one command per file of the `commands` shelf."""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Callable
from typing import Annotated, Any

import typer

import lab
from lab.cli.console.failures import DEBUG, report_failures
from lab.core.registry import announce_shadows, open_shelf

_HELP = """A laboratory for one question: how does learning scale, and how complex is what is learned?

`lab list` shows what there is, `lab plan SWEEP` what it costs, `lab run SWEEP` does it; `fit`, `judge`, `figure`,
`report` and `dashboard` read the result. LAB_STORE names the store, LAB_PATH folders with entries of your own.
"""


def build_app() -> typer.Typer:
    """The application assembled from the shelf; a user's command in LAB_PATH is one more file."""
    app = typer.Typer(
        name="lab", help=_HELP, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False
    )
    app.callback()(_prepare)
    for name, entry in open_shelf("commands").entries().items():
        settings = getattr(entry.module, "context_settings", None)
        app.command(spell_command(name), context_settings=settings)(_guard(open_shelf("commands").load(name)))
    return app


def spell_command(entry: str) -> str:
    """The command of an entry of the shelf: compare-laws of compare_laws.py."""
    return entry.replace("_", "-")


def main() -> None:
    """Entry point of `lab`; always leaves through `SystemExit`."""
    with report_failures():
        app = build_app()
        for line in announce_shadows():
            print(f"note: {line}", file=sys.stderr)
        code = app(prog_name="lab", standalone_mode=False)
    raise SystemExit(code or 0)


def _guard(command: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(command)
    def guarded(*args: Any, **kwargs: Any) -> None:
        with report_failures():
            command(*args, **kwargs)

    return guarded


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"scaling-lab {lab.__version__}")
        raise typer.Exit


def _prepare(
    debug: Annotated[bool, typer.Option("--debug", envvar=DEBUG, help="Show the traceback of a failure.")] = False,
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and leave.")
    ] = False,
) -> None:
    if debug:
        os.environ[DEBUG] = "1"
