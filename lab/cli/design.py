"""`lab design`: which runs to make next for a surer forecast."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated

import typer

from lab.cli.console.arguments import AsJson, ColumnMap, Convention, StudyName, parse_assignments
from lab.cli.console.output import print_json, print_table, print_text
from lab.core.errors import InputError, RefusedError, UnknownNameError
from lab.core.units import format_count

if TYPE_CHECKING:
    import pandas as pd

    from lab.analysis.laws.named import NamedFit
    from lab.analysis.plans.design import Design

_SIZES = ("N", "params_total", "params_body", "params_active")
_TOKENS = ("D", "tokens")


def command(
    study: StudyName,
    budget: Annotated[float, typer.Option("--budget", help="FLOP to spend on the runs.")],
    target: Annotated[
        str,
        typer.Option("--target", help="What is foretold: flops=1e20 (its best size), or params_total=…,tokens=…"),
    ],
    runs: Annotated[int, typer.Option("--runs", min=1, max=100, help="Trunks at most.")] = 12,
    seeds: Annotated[int, typer.Option("--seeds", min=1, max=20, help="Seeds of one size and horizon at most.")] = 3,
    law: Annotated[str, typer.Option("--law", help="A law of size and tokens.")] = "chinchilla",
    convention: Convention = "params_total",
    column_map: ColumnMap = "",
    as_json: AsJson = False,
) -> None:
    """Which runs narrow the forecast at a target most for their compute, in the order to make them.

    A run is a trunk with the horizons cooled off it, C = 6·N·D. Exit code 2 where the data cannot bear the question.
    """
    from lab.analysis.laws.fits import check_convention, fit_joint
    from lab.analysis.plans.design import design_runs, tabulate_design
    from lab.cli.console.studies import open_study

    check_convention(convention)
    wanted = _read_target(target, convention)
    tables = open_study(study, column_map, convention)
    named = fit_joint(tables, law, convention)
    if named.fit.uncertainty is None:
        raise RefusedError(f"{named.title}, law {named.fit.law}", None, named.fit.reason, named.fit.next_step)
    design = design_runs(named, _place_target(named, wanted), budget, runs, seeds)
    table = tabulate_design(design)
    if as_json:
        print_json({"study": tables.study.name, "title": named.title, "law": named.fit.law, "convention": convention,
                    **_describe(design), "runs": table.to_dict("records")})  # fmt: skip
        return
    _print(f"{tables.study.name}: {named.title} · {named.fit.law}", design, table)


def _read_target(text: str, convention: str) -> dict[str, float]:
    """`flops`, or `size` and `tokens`."""
    found: dict[str, float] = {}
    for name, value in parse_assignments(text, "--target").items():
        if name not in ("flops", *_SIZES, *_TOKENS):
            raise UnknownNameError.among("--target", name, ("flops", *_SIZES, *_TOKENS))
        if name in _SIZES[1:] and name != convention:
            raise InputError("--target", name, f"the law counts {convention}", f"add --convention {name}")
        try:
            number = float(value)
        except ValueError:
            raise InputError(f"--target {name}", value, "is a number") from None
        if not 0 < number < float("inf"):
            raise InputError(f"--target {name}", value, "is a positive number")
        found["size" if name in _SIZES else "tokens" if name in _TOKENS else name] = number
    if set(found) not in ({"flops"}, {"size", "tokens"}):
        raise InputError("--target", text, "is flops=…, or a size and tokens: params_total=…,tokens=…")
    return found


def _place_target(named: "NamedFit", wanted: Mapping[str, float]) -> dict[str, float]:
    from lab.analysis.plans.allocation import allocate

    if "flops" not in wanted:
        return dict(wanted)
    plan = allocate(named.fit, wanted["flops"])
    return {"size": plan.find("best size").value, "tokens": plan.find("tokens").value}


def _describe(design: "Design") -> dict[str, object]:
    return {
        "target": design.target,
        "spread_row": design.luck.row,
        "spread_trunk": design.luck.trunk,
        "half_width_mean": design.mean,
        "half_width_run": design.run,
        "half_width_mean_by_the_fit": design.fitted,
    }


def _print(title: str, design: "Design", table: "pd.DataFrame") -> None:
    target, luck = design.target, design.luck
    print_text(title)
    print_text(f"target N = {format_count(target['size'])}, D = {format_count(target['tokens'])}")
    rows: list[tuple[object, ...]] = [
        (
            row["order"],
            format_count(row["size"]),
            ", ".join(format_count(horizon) for horizon in row["horizons"]),
            row["seed"],
            f"{row['cost']:.3g}",
            f"{row['spent']:.3g}",
            f"{row['run_before']:.2f} → {row['run_after']:.2f}",
            f"{row['mean_before']:.2f} → {row['mean_after']:.2f}",
        )
        for row in table.to_dict("records")
    ]
    heads = ("", "N", "horizons", "new seed", "FLOP", "spent", "± % of one run", "± % of the mean")
    print_table("", heads, rows, right=("", "N", "new seed", "FLOP", "spent"))
    print_text(
        f"95% interval of the loss at the target; luck of a run {luck.row:.2%}, of a trunk "
        f"{luck.trunk:.2%}, as the fit weighs them."
    )
    print_text(f"By the fit's own interval the mean now has ± {design.fitted:.2%}; {_correlate(design)}")


def _correlate(design: "Design") -> str:
    if design.trunks:
        return "a trunk costs its last branch and a cooldown for every shorter horizon."
    return "every run counts as independent: no trunk of the study has two horizons."
