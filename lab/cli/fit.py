"""`lab fit`: scaling laws of a study or of somebody's file."""

from typing import TYPE_CHECKING, Annotated

import typer

from lab.cli.console.arguments import AsJson, ColumnMap, Convention, StudyName
from lab.cli.console.output import format_interval, print_estimates, print_json, print_table, print_text
from lab.core.errors import LabError, RefusedError

if TYPE_CHECKING:
    from lab.analysis.fits import NamedFit


def command(
    study: StudyName,
    law: Annotated[
        str, typer.Option("--law", help="One law; `lab list laws` names them. Default: all that apply.")
    ] = "",
    against: Annotated[
        str, typer.Option("--against", help="What a one-variable law scales: size, tokens, compute.")
    ] = "size",
    convention: Convention = "params_total",
    column_map: ColumnMap = "",
    as_json: AsJson = False,
) -> None:
    """Fit scaling laws, with intervals in which the trunk is the independent unit.

    Exit code 2 where the data cannot bear the question; the reason and what to run next are printed.
    """
    from lab.analysis.fits import check_convention, fit_law_to, fit_study
    from lab.cli.console.studies import open_study

    check_convention(convention)
    tables = open_study(study, column_map, convention)
    fits = [fit_law_to(tables, law, against=against, convention=convention)] if law else fit_study(tables)
    if as_json:
        print_json(_describe(fits[0]) if law else {"study": tables.study.name, "fits": [_describe(f) for f in fits]})
    elif law:
        _print(fits[0])
    else:
        _print_set(fits)
    first = fits[0].fit
    if all(fit.fit.status == "refused" for fit in fits):
        raise RefusedError(f"{fits[0].title}, law {first.law}", None, first.reason, first.next_step)
    if all(fit.fit.status in ("refused", "failed") for fit in fits):
        raise LabError(f"{fits[0].title}, law {first.law}", None, first.reason, first.next_step)


def _describe(named: "NamedFit") -> dict[str, object]:
    return {"title": named.title, "question": named.question, **named.fit.to_dict()}


def _print(named: "NamedFit") -> None:
    fit = named.fit
    print_text(f"{named.title} · {fit.law} · {fit.status}")
    if fit.reason:
        print_text(f"  {fit.reason}. {fit.next_step}".rstrip())
    if fit.estimates:
        print_estimates(fit.estimates)


def _print_set(fits: "list[NamedFit]") -> None:
    rows: list[tuple[object, ...]] = []
    for named in fits:
        for place, e in enumerate(named.fit.estimates):
            head = ("", "") if place else (named.title, named.fit.law)
            rows.append((*head, e.name, e.value, format_interval(e), e.unit, e.n))
    if rows:
        print_table("", ("fit", "law", "estimate", "value", "95% interval", "unit", "n"), rows, right=("value", "n"))
    for named in fits:
        if named.fit.reason:
            print_text(
                f"{named.title}, {named.fit.law}: {named.fit.status}: {named.fit.reason}. {named.fit.next_step}."
            )
