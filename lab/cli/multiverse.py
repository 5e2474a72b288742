"""`lab multiverse`: a conclusion under every analysis that could have been made."""

from typing import TYPE_CHECKING, Annotated

import typer

from lab.cli.console.arguments import AsJson, ColumnMap, StudyName
from lab.cli.console.output import print_json, print_table, print_text
from lab.core.errors import RefusedError

if TYPE_CHECKING:
    from lab.analysis.comparisons.multiverse import Multiverse


def command(
    study: StudyName,
    estimate: Annotated[
        str, typer.Option("--estimate", help="The conclusion: alpha, beta, a, gamma or forecast.")
    ] = "alpha",
    column_map: ColumnMap = "",
    as_json: AsJson = False,
) -> None:
    """Re-fit an exponent or a forecast across laws, conventions of N, losses, ranges of runs and outlier rules.

    It is fragile where more than a fifth of the analyses fall outside the default's 95 % interval. Exit code 2 where
    the default analysis has no answer.
    """
    from lab.analysis.comparisons.multiverse import assess_robustness
    from lab.cli.console.studies import open_study

    tables = open_study(study, column_map)
    found = assess_robustness(tables, estimate)
    if as_json:
        print_json({"study": tables.study.name, **_describe(found)})
    else:
        _print(found)
    if not found.frame["answers"].iloc[0]:
        first = found.frame.iloc[0]
        subject = f"multiverse of {estimate}, default law {first['law']}"
        raise RefusedError(subject, None, first["reason"], "`lab fit` says what to run next")


def _describe(found: "Multiverse") -> dict[str, object]:
    return {
        "estimate": found.estimate,
        "badge": found.badge,
        "reason": found.reason,
        "default": found.default,
        "share_changed": found.share_changed,
        "choices": found.compare_choices().to_dict("records"),
        "analyses": found.frame.to_dict("records"),
    }


def _print(found: "Multiverse") -> None:
    print_text(f"{found.estimate} is {found.badge}: {found.reason}.")
    print_text(f"default: {found.estimate} = {found.default}")
    rows = [
        (
            row.choice,
            row.option,
            row.analyses,
            row.median,
            f"{row.lowest:.4g} to {row.highest:.4g}",
            f"{row.changed:.0%}",
        )
        for row in found.compare_choices().itertuples()
        if row.analyses
    ]
    columns = ("choice", "option", "analyses", "median", "range", "conclude otherwise")
    title = "Options side by side (an analysis that fits the same data under several options stands under each)"
    print_table(title, columns, rows, right=("analyses", "median", "conclude otherwise"))
    for (law, reason), own in found.refused.groupby(["law", "reason"]):
        print_text(f"no answer, {len(own)} of law {law}: {reason}.")
