"""`lab audit`: somebody's fitted parameters, held against their data."""

from typing import TYPE_CHECKING, Annotated

import typer

from lab.cli.console.arguments import Against, AsJson, ColumnMap, Convention, LossName, StudyName, parse_assignments
from lab.cli.console.output import format_interval, print_json, print_table, print_text
from lab.core.errors import InputError, RefusedError

if TYPE_CHECKING:
    from lab.scaling import Audit


def command(
    study: StudyName,
    parameters: Annotated[
        str, typer.Option("--parameters", metavar="NAME=VALUE,…", help="What they fitted: E=1.69,A=406.4,…")
    ],
    law: Annotated[str, typer.Option("--law", help="The law; `lab list laws` names them.")] = "chinchilla",
    start: Annotated[
        str, typer.Option("--start", metavar="NAME=VALUE,…", help="Where their search began, if known.")
    ] = "",
    against: Against = "size",
    convention: Convention = "params_total",
    loss: LossName = "huber:0.01",
    column_map: ColumnMap = "",
    as_json: AsJson = False,
) -> None:
    """Ask of published parameters whether they are the optimum of their own loss on their own data.

    They may have stopped early, be the start of their search, or lie outside the interval of the best fit. Exit code 2
    where the data bear no fit to compare with.
    """
    from lab.analysis.laws.fits import check_convention, fit_law_to
    from lab.analysis.laws.named import read_data
    from lab.cli.console.studies import open_study
    from lab.scaling import audit_parameters, read_loss

    check_convention(convention)
    theirs, begun = _read_numbers(parameters, "--parameters"), _read_numbers(start, "--start")
    tables = open_study(study, column_map, convention)
    named = fit_law_to(tables, law, against=against, convention=convention)
    columns = dict(zip(named.fit.predictors, named.columns, strict=True))
    data = read_data(named.fit.form, named.rows_used, columns)
    audit = audit_parameters(named.fit.form, data, theirs, read_loss(loss), begun or None)
    if as_json:
        print_json(_describe(audit, theirs))
    else:
        _print(audit, theirs)
    if audit.fit.theta is None:
        raise RefusedError(f"{named.title}, law {law}", None, audit.fit.reason, audit.fit.next_step)


def _read_numbers(text: str, option: str) -> dict[str, float]:
    try:
        return {name: float(value) for name, value in parse_assignments(text, option).items()}
    except ValueError as error:
        raise InputError(option, text, "every value is a number", "for example E=1.69,A=406.4") from error


def _describe(audit: "Audit", theirs: dict[str, float]) -> dict[str, object]:
    return {
        "verdict": audit.verdict,
        "reason": audit.reason,
        "objective": audit.objective,
        "objective_over_least": audit.ratio,
        "newton_decrement": audit.decrement,
        "outside_the_interval": [estimate.name for estimate in audit.outside],
        "parameters": theirs,
        "fit": audit.fit.to_dict(),
    }


def _print(audit: "Audit", theirs: dict[str, float]) -> None:
    print_text(f"{audit.fit.law} · {audit.fit.loss} · {audit.verdict}")
    if audit.reason:
        print_text(f"  {audit.reason}.")
    outside = {estimate.name for estimate in audit.outside}
    rows = [
        (name, value, e.value, format_interval(e), "outside" if name in outside else "")
        for name, value in theirs.items()
        for e in (audit.fit.find(name),)
    ]
    if audit.fit.theta is not None:
        columns = ("parameter", "theirs", "least objective", "95% interval", "theirs is")
        print_table("", columns, rows, right=("theirs", "least objective"))
