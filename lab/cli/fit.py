"""`lab fit`: scaling laws of a study or of somebody's file."""

from typing import TYPE_CHECKING, Annotated

import typer

from lab.cli.console.arguments import Against, AsJson, ColumnMap, Convention, IntervalMethod, LossName, StudyName
from lab.cli.console.output import format_interval, print_facts, print_json, print_note, print_table, print_text
from lab.core.errors import InputError, LabError, RefusedError

if TYPE_CHECKING:
    from lab.analysis.laws.fits import NamedFit


def command(
    study: StudyName,
    law: Annotated[
        str,
        typer.Option(
            "--law", help="One law; `lab list laws` names them; dials after a colon. Default: the standard set."
        ),
    ] = "",
    against: Against = "size",
    convention: Convention = "params_total",
    loss: LossName = "huber:0.01",
    interval: IntervalMethod = "default",
    width: Annotated[
        float, typer.Option("--width", help="Say how many units an interval this wide needs, relative to the estimate.")
    ] = 0.1,
    error: Annotated[
        str, typer.Option("--error", metavar="COLUMN", help="The known standard error of each loss, in nats.")
    ] = "",
    robustness: Annotated[
        bool, typer.Option("--robustness", help="Say of every exponent whether other analyses conclude the same.")
    ] = False,
    column_map: ColumnMap = "",
    as_json: AsJson = False,
) -> None:
    """Fit scaling laws, with intervals in which the trunk is the independent unit.

    Exit code 2 where the data cannot bear the question; the reason and what to run next are printed.
    """
    from lab.analysis.comparisons.multiverse import assess_exponents
    from lab.analysis.laws.fits import check_convention, fit_law_to, fit_study
    from lab.analysis.laws.named import fit_again
    from lab.analysis.selection import select_runs
    from lab.cli.console.studies import open_study
    from lab.scaling import read_loss

    check_convention(convention)
    if not width > 0:
        raise InputError("--width", width, "is a positive share of the estimate", "for example --width 0.1")
    chosen = read_loss(loss)
    tables = open_study(study, column_map, convention)
    if tables.is_without_losses:
        rule = "a law is fitted to held-out losses, and no run of this study has one"
        raise RefusedError(f"study {tables.study.name}", None, rule, f"see its claims: lab judge {tables.study.name}")
    fits = [fit_law_to(tables, law, against=against, convention=convention)] if law else fit_study(tables)
    if (loss, interval, error) != ("huber:0.01", "default", ""):
        fits = [fit_again(tables, named, chosen, interval, error) for named in fits]
    excluded = select_runs(tables).excluded
    badges = assess_exponents(tables, [e.name for named in fits for e in named.fit.estimates]) if robustness else {}
    if as_json:
        described = [{**_describe(named, width), "excluded": excluded.to_dict("records")} for named in fits]
        told = described[0] if law else {"study": tables.study.name, "fits": described}
        print_json({**told, "robustness": {name: found.badge for name, found in badges.items()}} if badges else told)
    elif law:
        _print(fits[0], width)
    else:
        _print_set(fits, width)
    for name, found in badges.items() if not as_json else ():
        print_text(f"{name} is {found.badge}: {found.reason}.")
    first = fits[0].fit
    if all(fit.fit.status == "refused" for fit in fits):
        raise RefusedError(f"{fits[0].title}, law {first.law}", None, first.reason, first.next_step)
    if all(fit.fit.status in ("refused", "failed") for fit in fits):
        raise LabError(f"{fits[0].title}, law {first.law}", None, first.reason, first.next_step)


def _describe(named: "NamedFit", width: float) -> dict[str, object]:
    needed = {e.name: named.fit.count_needed(e.name, width * abs(e.value)) for e in named.fit.estimates}
    return {
        "title": named.title,
        "question": named.question,
        **named.fit.to_dict(),
        "units_needed": {"relative_width": width, **needed},
    }


def _print(named: "NamedFit", width: float) -> None:
    fit = named.fit
    print_text(f"{named.title} · {fit.law} · {fit.status}")
    if fit.reason:
        print_text(f"  {fit.reason}. {fit.next_step}".rstrip())
    if not fit.estimates:
        return
    rows = [(e.name, e.value, format_interval(e), e.unit, _count_needed(named, e.name, width)) for e in fit.estimates]
    columns = ("estimate", "value", "95% interval", "unit", f"{_name_unit(named)} for ±{width / 2:.0%}")
    print_table("", columns, rows, right=("value", columns[-1]))
    facts = [
        ("interval", fit.estimates[0].method),
        ("loss", f"{fit.loss}; sum {fit.objective:.6g} over {fit.n} runs, {fit.units} independent units"),
        ("search", f"{fit.agreement:.0%} of the starts agree, a Newton step would gain {fit.decrement:.0e} of it"),
        ("condition", f"{fit.condition:.3g}"),
        ("data", f"sha256 {fit.data_hash[:16]}"),
    ]
    if fit.uncertainty:
        facts.insert(2, ("one run", f"scatters by {fit.uncertainty.spread:.2%} about the law"
                         if fit.loss.on == "log" else f"scatters by {fit.uncertainty.spread:.3g}"))  # fmt: skip
    print_facts("", facts)
    for remark in fit.residuals.remarks if fit.residuals else ():
        print_note(f"note: {remark}")


def _print_set(fits: "list[NamedFit]", width: float) -> None:
    rows: list[tuple[object, ...]] = []
    needs = f"n for ±{width / 2:.0%}"
    for named in fits:
        for place, e in enumerate(named.fit.estimates):
            head = ("", "") if place else (named.title, named.fit.law)
            rows.append((*head, e.name, e.value, format_interval(e), e.unit, e.n, _count_needed(named, e.name, width)))
    if rows:
        columns = ("fit", "law", "estimate", "value", "95% interval", "unit", "n", needs)
        print_table("", columns, rows, right=("value", "n", needs))
    for named in fits:
        if named.fit.reason:
            print_text(
                f"{named.title}, {named.fit.law}: {named.fit.status}: {named.fit.reason}. {named.fit.next_step}."
            )


def _name_unit(named: "NamedFit") -> str:
    return "runs" if named.fit.units == named.fit.n else "units"


def _count_needed(named: "NamedFit", name: str, width: float) -> str:
    count = named.fit.count_needed(name, width * abs(named.fit.find(name).value))
    return "–" if count is None else f"{count:,}".replace(",", " ")
