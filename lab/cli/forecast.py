"""`lab forecast`: predictions sealed before the run exists, and graded when it arrives."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from lab.cli.console.arguments import AsJson, ColumnMap, Convention, parse_assignments
from lab.cli.console.output import print_estimates, print_json, print_note, print_table, print_text
from lab.core.columns import COLUMNS
from lab.core.errors import InputError, UnknownNameError

if TYPE_CHECKING:
    from lab.analysis.forecasts.grading import Grade
    from lab.runs.ledger import Entry, Ledger
    from lab.tables import Tables


def command(
    study: Annotated[
        str,
        typer.Argument(metavar="[STUDY]", help="A study, a sweep, or a file of runs: what the forecast is made from."),
    ] = "",
    at: Annotated[
        str, typer.Option("--at", metavar="N=…,D=…", help="The run foretold: params_total=1e7,tokens=1e9.")
    ] = "",
    law: Annotated[
        str, typer.Option("--law", help="Default: the first that answers of chinchilla, power, pure_power.")
    ] = "",
    seeds: Annotated[int, typer.Option("--seeds", min=1, help="How many runs, of whose mean the forecast is.")] = 1,
    measure: Annotated[
        str, typer.Option("--measure", help="What is foretold; an accuracy goes by the loss, in two steps.")
    ] = "loss_nats",
    note: Annotated[str, typer.Option("--note", help="Words sealed with it.")] = "",
    graded: Annotated[
        bool, typer.Option("--list", "--grade", help="Show the ledger: every forecast, what came of it, the score.")
    ] = False,
    convention: Convention = "params_total",
    column_map: ColumnMap = "",
    as_json: AsJson = False,
) -> None:
    """Seal a forecast before its run exists; grade those whose run has come.

    A run with the recipe of the study, N and D within 1 %, any seed, that is stored after the sealing grades it by
    itself. Entries are chained by hashes and never change; `lab doctor` checks the chain.
    """
    if graded:
        _show_ledger(study, as_json)
        return
    if not (study and at):
        next_step = "lab forecast STUDY --at params_total=1e7,tokens=1e9, or lab forecast --list"
        raise InputError("forecast", None, "needs a study and --at, the run foretold", next_step)
    from lab.analysis.forecasts.downstream import foretell_measure
    from lab.analysis.forecasts.sealing import check_unseen, choose_laws, foretell
    from lab.cli.console.studies import open_study
    from lab.runs.store import open_store

    tables = open_study(study, column_map, convention)
    point = parse_point(at, convention)
    if measure == "loss_nats":
        foretold = foretell(tables, point, law, convention, seeds)
    else:
        foretold = foretell_measure(tables, point, measure, choose_laws(law), convention, seeds)
    check_unseen(foretold, _open_stored())
    entry = open_store().ledger.seal(foretold.to_dict(note))
    if as_json:
        print_json({"number": entry.number, "hash": entry.hash, "sealed_at": entry.sealed_at, "sealed": entry.content})
        return
    _print_sealed(entry)
    print_estimates(foretold.outlook.estimate())


def parse_point(text: str, convention: str) -> dict[str, float]:
    """`--at` as column → value; N, D, C stand for the convention's count, tokens and flops. Raises `InputError`."""
    known = {"N": convention, "D": "tokens", "C": "flops"}
    axes = [name for name, column in COLUMNS.items() if column.kind == "axis"]
    point: dict[str, float] = {}
    for name, value in parse_assignments(text, "--at").items():
        column = known.get(name, name)
        if column not in axes:
            raise UnknownNameError.among("--at", name, [*known, *axes])
        try:
            point[column] = float(value)
        except ValueError as error:
            raise InputError(f"--at {name}", value, "is a number", "for example tokens=1e9") from error
    return point


def _open_stored() -> "list[Tables]":
    from lab.tables import list_stored, load_tables

    return [load_tables(study.name) for study in list_stored()]


def _open_ledger() -> "Ledger | None":
    from pathlib import Path

    from lab.runs.store import find_store, open_store

    there = "://" in str(find_store()) or Path(find_store()).exists()
    return open_store(read_only=True).ledger if there else None


def _show_ledger(study: str, as_json: bool) -> None:
    from lab.analysis.forecasts.grading import calibrate, grade_forecasts
    from lab.cli.console.studies import open_study

    ledger = _open_ledger()
    entries = ledger.entries() if ledger else []
    studies = [*_open_stored(), *([open_study(study)] if study else [])] if entries else []
    grades = grade_forecasts(entries, studies)
    scores = calibrate(grades)
    if as_json:
        head = entries[-1].hash if entries else None
        print_json({"head": head, "forecasts": [g.to_dict() for g in grades], "calibration": scores})
        return
    if not entries:
        print_text("No forecast is sealed yet. Next: lab forecast STUDY --at params_total=1e7,tokens=1e9")
        return
    columns = (
        "no.",
        "sealed",
        "run",
        "law",
        "foretold",
        "95% interval",
        "observed",
        "error",
        "of reducible",
        "z",
        "state",
    )
    print_table(
        "", columns, map(_describe, grades), right=("no.", "foretold", "observed", "error", "of reducible", "z")
    )
    for grade in grades:
        if grade.reason or grade.imported:
            print_text(
                f"forecast {grade.entry.number}: {grade.reason or 'its run was imported; known is when it came'}."
            )
    if any(grade.state == "graded" for grade in grades):
        print_estimates(scores)
    print_text(f"Head of the ledger: {entries[-1].hash}")


def _describe(grade: "Grade") -> tuple[object, ...]:
    entry, outlook = grade.entry, grade.outlook
    if outlook is None:
        return (entry.number, entry.sealed_at, *[""] * 8, "damaged")
    low, high = outlook.bracket(0.95)
    run = ", ".join(f"{name} {value:.4g}" for name, value in entry.content["at"].items())
    laws = " → ".join(law["law"] for law in entry.content["laws"])
    state = grade.state if grade.state == "open" else "inside" if grade.holds() else "outside"
    return (
        *(entry.number, entry.sealed_at, run, laws, outlook.value, f"[{low:.4g}, {high:.4g}]"),
        *(grade.observed, grade.error, _percent(grade.error_reducible), grade.z, state),
    )


def _percent(share: float) -> str:
    return f"{share:+.2%}" if share == share else "–"


def _print_sealed(entry: "Entry") -> None:
    content: dict[str, Any] = dict(entry.content)
    laws = ", ".join(f"{law['law']} ({law['units']} independent units)" for law in content["laws"])
    print_text(f"Forecast {entry.number} sealed {entry.sealed_at}, {laws}")
    print_text(f"SHA-256 {entry.hash}")
    print_note("It is graded by itself when such a run is stored: lab forecast --list")
