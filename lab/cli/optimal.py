"""`lab optimal`: the best size and the tokens for a given compute, by three approaches."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from lab.cli.console.arguments import AsJson, ColumnMap, StudyName, split_list
from lab.cli.console.output import format_interval, print_json, print_table, print_text
from lab.core.columns import COMPUTES, CONVENTIONS
from lab.core.errors import InputError, RefusedError
from lab.core.units import format_count

if TYPE_CHECKING:
    from lab.analysis.optimum.comparison import ApproachComparison
    from lab.analysis.optimum.decomposition import Decomposition
    from lab.core.estimate import Estimate


def command(
    study: StudyName,
    convention: Annotated[
        str, typer.Option("--convention", help=f"Which N: {', '.join(CONVENTIONS)}. Default: all the runs tell apart.")
    ] = "",
    compute: Annotated[
        str, typer.Option("--compute", help=f"Which C: {', '.join(COMPUTES)}. Default: all the runs tell apart.")
    ] = "",
    budget: Annotated[
        str, typer.Option("--budget", metavar="FLOP,…", help="Compute at which to print; default: across the runs.")
    ] = "",
    column_map: ColumnMap = "",
    as_json: AsJson = False,
) -> None:
    """The compute-optimal size by envelope, valleys and joint law side by side, and how flat the optimum is.

    Approach 2 stands as published and with its bias taken out. Exit code 2 where no approach has an answer.
    """
    from lab.analysis.optimum.approaches import compare_approaches, list_choices
    from lab.analysis.optimum.decomposition import decompose
    from lab.cli.console.studies import open_study

    budgets = _read_budgets(budget)
    tables = open_study(study, column_map, convention or CONVENTIONS[0])
    choices, notes = list_choices(tables)
    asked = [pair for pair in choices if convention in ("", pair[0]) and compute in ("", pair[1])]
    choices = asked or [(convention or choices[0][0], compute or choices[0][1])]
    comparisons = [compare_approaches(tables, *choice) for choice in choices]
    steps = decompose(tables)
    if as_json:
        answer = {"comparisons": [_describe(c, budgets) for c in comparisons], "decomposition": _list_steps(steps)}
        print_json({"study": tables.study.name, **answer, "notes": notes})
    else:
        _print(comparisons, steps, budgets, notes)
    if all(a.reason for c in comparisons for a in c.approaches.values()):
        first = comparisons[0].approaches["joint law"]
        raise RefusedError(f"{tables.study.name}, best size", None, first.reason, first.next_step)


def _read_budgets(text: str) -> list[float]:
    budgets = []
    for part in split_list(text):
        try:
            value = float(part)
        except ValueError:
            value = 0.0
        if not 0 < value < float("inf"):
            raise InputError("--budget", part, "a budget is a positive number of FLOP", "as in --budget 1e18,1e19")
        budgets.append(value)
    return budgets


def _spread(comparison: "ApproachComparison") -> list[float]:
    low, high = comparison.span
    return [low, (low * high) ** 0.5, high]


def _describe(comparison: "ApproachComparison", budgets: list[float]) -> dict[str, Any]:
    asked = budgets or _spread(comparison)
    return {
        "convention": comparison.convention,
        "compute": comparison.compute,
        "span_flop": comparison.span,
        "approaches": [
            {
                "name": name,
                "status": "refused" if approach.reason else "answered",
                "reason": approach.reason,
                "next_step": approach.next_step,
                "exponents": [comparison.estimate_exponent(name, of) for of in ("size", "tokens")],
                "budgets": [
                    {
                        "flop": flop,
                        "size": comparison.estimate_best(name, flop),
                        "tokens": comparison.estimate_best(name, flop, "tokens"),
                        "loss": comparison.estimate_loss(name, flop),
                    }
                    for flop in asked
                ],
            }
            for name, approach in comparison.approaches.items()
        ],
        "disagreement": [{"flop": flop, "estimates": comparison.list_disagreements(flop)} for flop in asked],
        "bias": [{"flop": flop, "factor": comparison.estimate_bias(flop)} for flop in asked],
        "flat": [{"flop": flop, "range": comparison.estimate_flat(flop)} for flop in asked],
        "valleys": [valley._asdict() for valley in comparison.list_valleys()],
    }


def _list_steps(steps: "Decomposition") -> dict[str, Any]:
    return {**steps._asdict(), "steps": [step._asdict() for step in steps.steps]}


def _print(
    comparisons: "list[ApproachComparison]", steps: "Decomposition", budgets: list[float], notes: list[str]
) -> None:
    rows: list[tuple[object, ...]] = []
    for c in comparisons:
        for place, (name, approach) in enumerate(c.approaches.items()):
            head = ("", "") if place else (c.convention, c.compute)
            a, b = (c.estimate_exponent(name, of) for of in ("size", "tokens"))
            rows.append(
                (*head, approach.title, a.value, format_interval(a), b.value, format_interval(b), approach.basis)
            )
    columns = ("N", "C", "approach", "a", "95% interval", "b", "95% interval", "read off")
    print_table("N* ∝ C^a, D* ∝ C^b", columns, rows, right=("a", "b"))
    first = comparisons[0]
    _print_budgets(first, budgets or _spread(first))
    last = (budgets or _spread(first))[-1]
    told = [e for e in first.list_disagreements(last) if e.has_interval]
    if told:
        title = f"disagreement, N* at {format_count(last, 'FLOP')}"
        print_table(title, ("difference or ratio", "value", "95% interval"), [(e.name, *_tell(e)) for e in told])
    _print_steps(steps)
    for text in [*_list_refusals(comparisons), *notes]:
        print_text(f"{text}.")


def _print_budgets(c: "ApproachComparison", budgets: list[float]) -> None:
    rows: list[tuple[object, ...]] = []
    for flop in budgets:
        low, high = c.estimate_flat(flop)
        answered = [(name, approach) for name, approach in c.approaches.items() if not approach.reason]
        for place, (name, approach) in enumerate(answered):
            size, tokens = c.estimate_best(name, flop), c.estimate_best(name, flop, "tokens")
            head = "" if place else format_count(flop, "FLOP")
            loss = c.estimate_loss(name, flop)
            rows.append((head, approach.title, *_tell(size), *_tell(tokens), loss.value, format_interval(loss)))
        if low.has_interval:
            rows.append(("", "within 1 % of the best loss", format_count(low.value), f"to {format_count(high.value)}"))
    columns = ("C", "approach", "N*", "95% interval", "D*", "95% interval", "loss", "95% interval")
    print_table(f"best size, {c.convention} and {c.compute}", columns, rows, right=("N*", "D*", "loss"))


def _print_steps(steps: "Decomposition") -> None:
    if not steps.steps:
        print_text(f"From Kaplan's exponent to Chinchilla's: refused: {steps.reason}. {steps.next_step}.")
        return
    rows = [(s.title, *_tell(s.exponent), *(_tell(s.change) if s.change else ("", ""))) for s in steps.steps]
    columns = ("joint law with", "a", "95% interval", "change", "95% interval")
    print_table("from Kaplan's exponent to Chinchilla's", columns, rows, right=("a", "change"))
    print_text("What these runs cannot tell, and what would:")
    for text in steps.untold:
        print_text(f"  {text}")


def _list_refusals(comparisons: "list[ApproachComparison]") -> list[str]:
    found = []
    for c in comparisons:
        where = f"{c.convention}, {c.compute}"
        found += [f"{where}: {a.title}: refused: {a.reason}. {a.next_step}" for a in c.approaches.values() if a.reason]
        valleys = [v for v in c.list_valleys() if v.refused]
        for reason in dict.fromkeys(v.refused for v in valleys):
            budgets = ", ".join(format_count(v.flops, "FLOP") for v in valleys if v.refused == reason)
            found.append(f"{where}: no best size in the valleys at {budgets}: {reason}")
    return found


def _tell(estimate: "Estimate") -> tuple[float, str]:
    return estimate.value, format_interval(estimate)
