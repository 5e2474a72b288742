"""`lab allocate`: what to train for a budget, what to expect of it, and what a wrong size costs."""

import math
from typing import TYPE_CHECKING, Annotated

import typer

from lab.cli.console.arguments import AsJson, ColumnMap, Convention
from lab.cli.console.output import format_interval, print_json, print_table, print_text
from lab.core.errors import InputError, RefusedError
from lab.core.units import format_count

if TYPE_CHECKING:
    from lab.analysis.laws.named import NamedFit
    from lab.analysis.plans.allocation import Allocation
    from lab.scaling import Fit
    from lab.tables import Tables

Number = float | None


def command(
    study: Annotated[str, typer.Argument(metavar="[STUDY]", help="A study, or a CSV, Parquet or JSONL file.")] = "",
    flops: Annotated[Number, typer.Option("--flops", help="Lifetime compute, FLOP.")] = None,
    hours: Annotated[Number, typer.Option("--hours", help="Wall-clock hours of --devices of --hardware.")] = None,
    money: Annotated[Number, typer.Option("--money", help="A sum, at --price-per-hour of one device.")] = None,
    loss: Annotated[Number, typer.Option("--loss", help="A loss to reach with the least compute, nats.")] = None,
    hardware: Annotated[
        str, typer.Option("--hardware", help="h100, h200, a100, cpu (as the study measured), or FLOP/s.")
    ] = "",
    devices: Annotated[int, typer.Option("--devices", min=1, help="Devices at a time.")] = 1,
    utilization: Annotated[float, typer.Option("--utilization", help="Share of the peak that training reaches.")] = 0.4,
    price_per_hour: Annotated[Number, typer.Option("--price-per-hour", help="Of one device.")] = None,
    inference_tokens: Annotated[
        float, typer.Option("--inference-tokens", help="Tokens the model will serve; they share the compute.")
    ] = 0.0,
    unique_tokens: Annotated[Number, typer.Option("--unique-tokens", help="Tokens there are to train on.")] = None,
    law: Annotated[str, typer.Option("--law", help="A law of size and tokens.")] = "chinchilla",
    published: Annotated[
        str, typer.Option("--published", help="Constants of a paper, no runs: chinchilla, besiroglu, kaplan.")
    ] = "",
    convention: Convention = "params_total",
    column_map: ColumnMap = "",
    as_json: AsJson = False,
) -> None:
    """What to train for a budget: size, tokens, the loss foretold, and what a wrong size costs.

    C = 6·N·D for training and 2·N per token of inference. Exit code 2 where the data cannot bear the question.
    """
    from lab.analysis.plans.allocation import allocate
    from lab.analysis.plans.surfaces import Workload, WorkloadSurface

    title, fit, named, tables = _open_law(study, published, law, convention, column_map)
    if fit.theta is None:
        raise RefusedError(f"{title}, law {fit.law}", None, fit.reason, fit.next_step)
    workload = Workload(inference_tokens, math.inf if unique_tokens is None else unique_tokens)
    given = {"--flops": flops, "--hours": hours, "--money": money, "--loss": loss}
    named_budgets = [name for name, value in given.items() if value is not None]
    if len(named_budgets) != 1:
        raise InputError("budget", ", ".join(named_budgets) or None, f"give one of {', '.join(given)}")
    if loss is not None:
        compute = WorkloadSurface(fit, workload).find_compute(fit.theta, loss)
    elif flops is not None:
        compute = flops
    else:
        compute = _count_flops(tables, hours, money, price_per_hour, hardware, devices, utilization)
    plan = allocate(fit, compute, workload, named)
    if as_json:
        print_json({"title": title, "convention": convention, **_describe(plan)})
        return
    _print(title, plan)


def _open_law(
    study: str, published: str, law: str, convention: str, column_map: str
) -> "tuple[str, Fit, NamedFit | None, Tables | None]":
    from lab.analysis.laws.fits import check_convention, fit_joint
    from lab.analysis.plans.published import PUBLISHED, load_published
    from lab.cli.console.studies import open_study

    check_convention(convention)
    tables = open_study(study, column_map, convention) if study else None
    if published:
        fit = load_published(published)
        return f"published constants, {published}: {PUBLISHED[published].source}", fit, None, tables
    if tables is None:
        raise InputError("lab allocate", None, "needs runs or published constants", "name a study, or --published NAME")
    named = fit_joint(tables, law, convention)
    return f"{tables.study.name}: {named.title}", named.fit, named, tables


def _count_flops(
    tables: "Tables | None",
    hours: Number,
    money: Number,
    price: Number,
    hardware: str,
    devices: int,
    utilization: float,
) -> float:
    from lab.analysis.plans.budgets import MEASURED, check_positive, count_flops, find_peak, measure_throughput

    if not hardware:
        raise InputError("--hardware", None, "hours or money: needs a device", "h100, h200, a100, cpu or FLOP/s")
    if money is not None:
        if price is None:
            raise InputError("--money", money, "needs the price of a device-hour", "add --price-per-hour P")
        device_hours = check_positive("--money", money, "") / check_positive("--price-per-hour", price, "")
    else:
        device_hours = (hours or 0.0) * devices
    if hardware == MEASURED:
        if tables is None:
            raise InputError("--hardware cpu", None, "is measured on a study's runs", "name a study, or give FLOP/s")
        return count_flops(device_hours, measure_throughput(tables))
    return count_flops(device_hours, find_peak(hardware), utilization)


def _describe(plan: "Allocation") -> dict[str, object]:
    fit, workload = plan.surface.fit, plan.surface.workload
    return {
        "law": fit.law,
        "status": str(fit.status),
        "flops": plan.compute,
        "inference_tokens": workload.inference_tokens,
        "unique_tokens": workload.unique_tokens,
        "estimates": plan.estimates,
        "mistakes": [vars(mistake) for mistake in plan.mistakes],
        "reach": plan.reach,
        "warnings": plan.warnings,
    }


def _print(title: str, plan: "Allocation") -> None:
    fit, workload = plan.surface.fit, plan.surface.workload
    print_text(f"{title} · {fit.law} · {fit.status}" if fit.units else title)
    serving = f", of which {format_count(workload.inference_tokens, 'tokens')} of inference take their share"
    print_text(f"{plan.compute:.4g} FLOP{serving if workload.inference_tokens else ''}")
    known = [e for e in plan.estimates if not math.isnan(e.value)]
    facts = [(e.name, e.value, format_interval(e) if e.has_interval else "", e.unit) for e in known]
    print_table("", ("estimate", "value", "95% interval", "unit"), facts, right=("value",))
    rows: list[tuple[object, ...]] = [
        (
            f"× {m.factor:g}",
            format_count(m.size),
            format_count(m.tokens),
            _finite(m.loss),
            _worse(m.regret),
            _more(m.deadweight),
        )
        for m in plan.mistakes
    ]
    heads = ("wrong size", "N", "D", "loss", "worse by", "compute more for the best loss")
    print_table("", heads, rows, right=heads[1:])
    print_text(f"intervals: {plan.estimates[0].method}")
    for warning in plan.warnings:
        print_text(f"note: {warning}.")


def _finite(value: float) -> float:
    return value if math.isfinite(value) else math.nan


def _worse(share: float) -> str:
    return "no token left" if math.isinf(share) else f"{100 * share:.2g} %"


def _more(share: float) -> str:
    return "never reaches it" if math.isinf(share) else f"{100 * share:.3g} %"
