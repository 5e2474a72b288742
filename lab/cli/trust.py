"""`lab trust`: from which length on an estimator of complexity may be trusted."""

from typing import Annotated

import typer

from lab.cli.console.arguments import AsJson
from lab.cli.console.output import format_interval, print_json, print_note, print_table
from lab.core.errors import InputError, RefusedError, UnknownNameError

GROUPS = ("codes", "entropy_rate", "excess_entropy", "statistical_complexity")
RUN = "lab run estimator_calibration --preset standard"


def command(
    study: Annotated[
        str, typer.Argument(metavar="[STUDY]", help="A study of the sweep estimator_calibration, or the sweep itself.")
    ] = "estimator_calibration",
    of: Annotated[str, typer.Option("--of", help=f"Which methods: {', '.join(GROUPS)}.")] = "entropy_rate",
    tolerance: Annotated[float, typer.Option("--tolerance", help="The bias that is small enough, in bits.")] = 0.05,
    as_json: AsJson = False,
) -> None:
    """Bias of every method on every source of known truth, and the length from which on it stays within a tolerance.

    Exit code 2 where the study holds no such runs.
    """
    from lab.analysis.complexity.estimator_calibration import assess_methods
    from lab.cli.console.studies import open_study
    from lab.figures.framing.estimators import TITLES, select_group

    if of not in GROUPS:
        raise UnknownNameError.among("--of", of, GROUPS)
    if not 0 < tolerance < float("inf"):
        raise InputError("--tolerance", tolerance, "is a positive number of bits", "for example --tolerance 0.05")
    tables = open_study(study)
    found = assess_methods(select_group(tables, of), tolerance)  # type: ignore[arg-type]
    if not found:
        raise RefusedError(f"study {tables.study.name}", None, f"holds no {TITLES[of]} beside a known truth", RUN)
    if as_json:
        rows = [
            {
                "method": one.method,
                "source": one.source,
                "length": one.length,
                "bias": one.bias,
                "trusted": one.trusted if one.trusted == one.trusted else None,
                "error_exponent": {"status": one.convergence.status, **one.convergence.exponent.to_dict()},
            }
            for one in found
        ]
        print_json({"study": tables.study.name, "of": of, "tolerance": tolerance, "methods": rows})
        return
    columns = (
        "method",
        "source",
        "symbols",
        "bias (bits)",
        "95% interval",
        f"within ±{tolerance:g} from",
        "β of error",
    )
    lines = [
        (
            one.method,
            one.source,
            f"{one.length:,.0f}",
            f"{one.bias.value:+.4f}",
            format_interval(one.bias),
            f"{one.trusted:,.0f}" if one.trusted == one.trusted else "never",
            f"{one.convergence.exponent.value:.2f}"
            if one.convergence.status == "converged"
            else one.convergence.status,
        )
        for one in found
    ]
    print_table(f"{TITLES[of]} · {tables.study.name}", columns, lines, right=("symbols", "bias (bits)", columns[-2]))
    print_note("β: the absolute error falls as length^(−β); exact: no error; see docs/complexity/estimators.md")
