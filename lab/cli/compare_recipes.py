"""`lab compare-recipes`: slope or offset, and how much compute one recipe needs for another's loss."""

from typing import TYPE_CHECKING, Annotated

import typer

from lab.cli.console.arguments import AsJson, ColumnMap, Convention, StudyName
from lab.cli.console.output import format_interval, print_json, print_table, print_text
from lab.core.errors import RefusedError

if TYPE_CHECKING:
    from lab.analysis.comparisons.multipliers import Multiplier
    from lab.analysis.comparisons.recipes import RecipeComparison


def command(
    study: StudyName,
    by: Annotated[
        str, typer.Option("--by", help="The column that tells recipes apart: optimizer, family, source or any other.")
    ] = "optimizer",
    reference: Annotated[
        str, typer.Option("--reference", help="What the others are compared with. Default: the one with most runs.")
    ] = "",
    law: Annotated[
        str, typer.Option("--law", help="A sum of powers: chinchilla, tied, power, pure_power.")
    ] = "chinchilla",
    against: Annotated[
        str, typer.Option("--against", help="What a one-variable law scales: size, tokens, compute.")
    ] = "compute",
    convention: Convention = "params_total",
    compute: Annotated[str, typer.Option("--compute", help="Which C: flops or flops_6nd.")] = "flops",
    margin: Annotated[
        float | None,
        typer.Option("--margin", help="The smallest difference of an exponent that matters: 0.05, of compute 0.02."),
    ] = None,
    column_map: ColumnMap = "",
    as_json: AsJson = False,
) -> None:
    """Compare recipes: does a change shift the slope or only the offset, and what compute does it save?

    All recipes are fitted at once, with exponents of their own and with common ones. The multiplier is the compute a
    recipe needs for the reference's loss, over the reference's; below 1 it saves. Exit code 2 where the data cannot
    bear the comparison.
    """
    from lab.analysis.comparisons.multipliers import measure_multipliers
    from lab.analysis.comparisons.recipes import compare_recipes
    from lab.cli.console.studies import open_study

    tables = open_study(study, column_map, convention, by)
    found = compare_recipes(tables, by, law, against, convention, reference, margin, compute)
    multipliers = measure_multipliers(found)
    if as_json:
        print_json({"study": tables.study.name, **_describe(found), "multipliers": [_list(m) for m in multipliers]})
    elif not found.reason:
        _print(found, multipliers)
    if found.reason:
        raise RefusedError(f"recipes by {by}, law {found.law.name}", None, found.reason, found.next_step)


def _describe(found: "RecipeComparison") -> dict[str, object]:
    f, above, below, p = found.wald
    return {
        "by": found.by,
        "law": found.law.name,
        "groups": list(found.groups),
        "reference": found.groups[0] if found.groups else None,
        "dropped": dict(found.dropped),
        "reason": found.reason,
        "next_step": found.next_step,
        "notes": list(found.notes),
        "margin": found.margin,
        "verdicts": {
            group: {"outcome": found.judge(group), "sentence": found.describe(group)} for group in _others(found)
        },
        "contrasts": [
            {
                "group": c.group,
                "exponent": c.exponent,
                "difference": c.difference,
                "outcome": c.outcome,
                "coefficient_ratio": c.ratio,
                "equivalent": c.equivalent,
            }
            for c in found.contrasts
        ],
        "equal_exponents": {"f": f, "degrees": [above, below], "p": p},
        "pooled": [
            {"mean": p.mean, "next_group": p.next_group, "spread": p.spread, "drawn": p.drawn, "reason": p.reason}
            for p in found.pooled
        ],
        "fits": {name: fit.to_dict() for name, fit in (("own", found.own), ("common", found.common)) if fit},
    }


def _others(found: "RecipeComparison") -> list[str]:
    return list(dict.fromkeys(c.group for c in found.contrasts))


def _list(multiplier: "Multiplier") -> dict[str, object]:
    rows = zip(multiplier.frame.to_dict("records"), multiplier.estimates, strict=True)
    return {
        "group": multiplier.group,
        "reference": multiplier.reference,
        "column": multiplier.column,
        "at": [
            {
                multiplier.column: row[multiplier.column],
                "loss_nats": row["loss_nats"],
                "place": row["place"],
                "estimate": e,
            }
            for row, e in rows
        ],
        "trend": multiplier.trend,
        "sentence": multiplier.describe(),
        "reason": multiplier.reason,
        "next_step": multiplier.next_step,
    }


def _print(found: "RecipeComparison", multipliers: "list[Multiplier]") -> None:
    own = found.own
    assert own is not None
    print_text(f"{found.by}: {', '.join(found.groups[1:])} against {found.groups[0]} · {found.law.name} · {own.n} runs")
    rows = [
        (
            c.difference.name,
            c.difference.value,
            format_interval(c.difference),
            c.outcome,
            c.equivalent.name,
            "the slope differs" if found.judge(c.group) == "not supported" else str(c.equivalent),
        )
        for c in found.contrasts
    ]
    names = ("slope", "value", "95% interval", f"within ±{found.margin:g}", "offset, exponents common", "multiple")
    print_table("", names, rows, right=("value",))
    f, above, below, p = found.wald
    print_text(f"Equal exponents: F({above:.0f}, {below:.0f}) = {f:.3g}, p = {p:.2g}, {own.units} units of evidence.")
    for pooled in found.pooled:
        if not pooled.reason:
            print_text(
                f"{pooled.mean.name} over {pooled.mean.n} groups: {pooled.mean}; of one more: {pooled.next_group}."
            )
    for multiplier in multipliers:
        _print_multiplier(multiplier)
    for sentence in (*(found.describe(group) for group in _others(found)), *(m.describe() for m in multipliers)):
        print_text(f"{sentence}.")
    for note in (*found.notes, *(f"{name} is left out: {why}" for name, why in found.dropped.items())):
        print_text(f"note: {note}")


def _print_multiplier(multiplier: "Multiplier") -> None:
    rows = [
        (row[multiplier.column], row["loss_nats"], estimate.value, format_interval(estimate), row["place"])
        for row, estimate in zip(multiplier.frame.to_dict("records"), multiplier.estimates, strict=True)
    ]
    names = (multiplier.column, "loss_nats", f"{multiplier.group} / {multiplier.reference}", "95% interval", "runs")
    if rows:
        print_table("", names, rows, right=names[:3])
