"""`lab judge`: the published claims of a sweep against a study's runs."""

from typing import Annotated

import typer

from lab.cli.console.arguments import AsJson, StudyName
from lab.cli.console.output import print_json, print_table, print_text
from lab.core.errors import InputError
from lab.core.registry import open_shelf


def command(
    study: StudyName,
    sweep: Annotated[
        str, typer.Option("--sweep", help="Judge by the claims of this sweep; default: the study's own.")
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Judge published claims: supported, not supported or underpowered, each with its evidence."""
    from lab.cli.console.studies import open_study
    from lab.report import judge_study

    tables = open_study(study)
    if not (sweep or tables.study.sweep):
        sweeps = ", ".join(open_shelf("sweeps").names())
        raise InputError(
            "study", tables.study.name, "it was imported and makes no claim", f"name one: --sweep {sweeps}"
        )
    verdicts = judge_study(tables, sweep)
    if as_json:
        print_json({"study": tables.study.name, "verdicts": verdicts})
        return
    rows = [(v.claim, str(v.outcome), str(v.estimate), v.margin, v.published) for v in verdicts]
    print_table(tables.study.name, ("claim", "verdict", "estimate", "smallest effect", "published"), rows)
    for verdict in verdicts:
        print_text(f"{verdict.claim}: {verdict.statement} {str(verdict.outcome).upper()}. {verdict.reason}")
