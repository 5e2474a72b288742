"""`lab epiplexity`: bits of structure from loss curves and from laws."""

from math import isfinite
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lab.cli.console.arguments import AsJson, ColumnMap, Convention, parse_assignments
from lab.cli.console.output import print_estimates, print_json, print_note, print_table, print_text
from lab.core.errors import InputError, RefusedError, UnknownNameError
from lab.core.units import format_count

if TYPE_CHECKING:
    from lab.analysis.complexity.code_lengths import Hull
    from lab.analysis.complexity.epiplexity import AreaCheck
    from lab.core.estimate import Estimate
    from lab.tables import Tables

AMPLITUDES = {"A": ("N0", "alpha"), "B": ("D0", "beta")}  # either may be given: A = N0^α, B = D0^β
PARAMETERS = ("E", "alpha", "beta", "A", "B", "N0", "D0")
EXAMPLE = "--parameters E=1.69,A=406.4,alpha=0.34,B=410.7,beta=0.28"
WITH_RUNS = 'lab epiplexity RUNS.csv --map "N=…,D=…,L=…" --parameters … --flops … --test-tokens …'
PRINTED = 6  # budgets of the hull


def command(
    study: Annotated[
        str, typer.Argument(metavar="[STUDY]", help="A study, a sweep, or a file of runs; none needs --parameters.")
    ] = "",
    law: Annotated[str, typer.Option("--law", help="A law of N and D: chinchilla or tied.")] = "chinchilla",
    parameters: Annotated[
        str,
        typer.Option(
            "--parameters",
            metavar="NAME=VALUE,…",
            help="E, alpha, beta, A or N0, B or D0 of a law; with a study, the interval that fits to its runs have.",
        ),
    ] = "",
    flops: Annotated[
        float, typer.Option("--flops", help="Compute for training and coding. Default: of the study's largest run.")
    ] = 0.0,
    test_tokens: Annotated[
        float, typer.Option("--test-tokens", help="How many tokens are coded. Default: the study's longest horizon.")
    ] = 0.0,
    tokens: Annotated[
        float, typer.Option("--tokens", help="Training tokens. Default: the number that makes the code shortest.")
    ] = 0.0,
    convention: Convention = "params_total",
    column_map: ColumnMap = "",
    as_json: AsJson = False,
) -> None:
    """Code lengths of a study's runs, and the bits that are structure and the bits that stay random.

    From the runs: the area above each online loss curve, and S and H along the hull of the shortest codes. From the
    law: both in closed form with a bootstrap interval, held against those areas. Exit code 2 where neither can be had.
    """
    from lab.analysis.laws.fits import check_convention
    from lab.cli.console.studies import open_study

    for name, number in (("--flops", flops), ("--test-tokens", test_tokens), ("--tokens", tokens)):
        if not 0 <= number < float("inf"):
            raise InputError(name, number, "is a positive number", "for example --flops 1e25 --test-tokens 1e12")
    if not study:
        _split_given(parameters, flops, test_tokens, tokens, as_json)
        return
    check_convention(convention)
    tables = open_study(study, column_map, convention)
    if tables.is_without_losses:
        rule = "structure is read from held-out losses and training curves, and no run of this study has one"
        raise RefusedError(f"study {tables.study.name}", None, rule, "name a study of nets, or give --parameters")
    test_tokens = test_tokens or float(tables.runs["tokens"].max())
    flops = flops or _find_budget(tables, test_tokens, convention)
    _measure_study(tables, law, convention, parameters, flops, test_tokens, tokens, as_json)


def _split_given(parameters: str, flops: float, test_tokens: float, tokens: float, as_json: bool) -> None:
    """The closed form at given parameters, without an interval; at given tokens S alone needs no budget."""
    from lab.analysis.complexity.epiplexity import DrawnLaw, estimate_split, estimate_structure
    from lab.complexity.epiplexity import LossLaw

    budget = {"--flops": flops, "--test-tokens": test_tokens}
    absent = [name for name, number in budget.items() if not number]
    if not parameters:
        raise InputError("lab epiplexity", None, "needs a study, or --parameters and a budget", EXAMPLE)
    if absent and not tokens:
        rule = f"without a study {' and '.join(absent)} must be given"
        raise InputError("lab epiplexity", None, rule, "or --tokens alone, for the structure at so many")
    law = LossLaw.from_coefficients(**_read_parameters(parameters))
    drawn = DrawnLaw(law, None, "no study: parameters without the runs of their fit")
    if absent:
        estimates = estimate_structure(drawn, tokens)
    else:
        estimates = estimate_split(drawn, flops, test_tokens, tokens or None)
    if as_json:
        given = {"flops": flops or None, "test_tokens": test_tokens or None, "tokens": tokens or None}
        print_json({**given, "law": {"name": "given", "estimates": estimates}})
        return
    trained = f"{format_count(tokens)} training tokens" if tokens else ""
    coded = "" if absent else f"{format_count(test_tokens)} test tokens at {format_count(flops, 'FLOP')}"
    print_text(", ".join(filter(None, (trained, coded))) + ":")
    print_estimates(estimates)
    if isfinite(estimates[0].value):
        print_note(f"note: an interval needs the runs of the fit: {WITH_RUNS}")
    if absent and tokens:
        print_note(f"note: the random bits need {' and '.join(absent)} too.")


def _measure_study(
    tables: "Tables",
    law: str,
    convention: str,
    parameters: str,
    flops: float,
    test_tokens: float,
    tokens: float,
    as_json: bool,
) -> None:
    """What the runs show and what the law says; raises `RefusedError` where neither has an answer."""
    from lab.analysis.complexity.code_lengths import compare_rates, describe_rates, measure_runs, trace_hull
    from lab.analysis.complexity.epiplexity import check_areas, draw_given, draw_law, estimate_split
    from lab.analysis.laws.fits import fit_law_to

    named = fit_law_to(tables, law, convention=convention)
    hull, lengths = trace_hull(tables, test_tokens), measure_runs(tables)
    rates = compare_rates(lengths)
    estimates: list[Estimate] = []
    check: AreaCheck | None = None
    refusal: RefusedError | None = None
    try:
        drawn = draw_given(tables, named, _order(named, parameters)) if parameters else draw_law(tables, named)
        estimates = estimate_split(drawn, flops, test_tokens, tokens or None)
        check = check_areas(tables, named, drawn)
    except RefusedError as error:
        refusal = error
    answer = {
        "study": tables.study.name,
        "test_tokens": test_tokens,
        "flops": flops,
        "law": {"name": law, "estimates": estimates, "refused": refusal.rule if refusal else ""},
        "area_check": _describe_check(check),
        "rates": rates.to_dict("records"),
        "code_lengths": _list_lengths(lengths.rows),
        "refused": lengths.refused.to_dict("records"),
        "hull": _list_hull(hull),
    }
    if as_json:
        print_json(answer)
    else:
        _print(answer, hull, check)
        if told := describe_rates(rates):
            print_text(f"{told}.")
    if refusal and hull.points.empty:
        raise refusal


def _read_parameters(text: str) -> dict[str, float]:
    """E, A, alpha, B, beta of the text; raises `InputError` for what is missing, unknown or no positive number."""
    given = {}
    for name, value in parse_assignments(text, "--parameters").items():
        if name not in PARAMETERS:
            raise UnknownNameError.among("parameter of the law", name, PARAMETERS)
        try:
            given[name] = float(value)
        except ValueError:
            given[name] = float("nan")
        if not 0 <= given[name] < float("inf"):
            raise InputError(f"--parameters, {name}", value, "is a number not below 0", EXAMPLE)
    for amplitude, (scale, exponent) in AMPLITUDES.items():
        if (amplitude in given) == (scale in given) or exponent not in given or "E" not in given:
            rule = f"E, {exponent} and one of {amplitude} and {scale} are needed"
            raise InputError("--parameters", text, rule, EXAMPLE)
        if scale in given:
            given[amplitude] = given.pop(scale) ** given[exponent]
    return given


def _order(named: Any, text: str) -> Any:
    """The given parameters in the order of the fitted law; raises `InputError` where it has others."""
    from numpy import array

    given = _read_parameters(text)
    if set(named.fit.form.names) != set(given):
        raise InputError("--law", named.fit.law, f"has the parameters {', '.join(named.fit.form.names)}", EXAMPLE)
    return array([given[name] for name in named.fit.form.names])


def _find_budget(tables: "Tables", test_tokens: float, convention: str) -> float:
    """6·N·D + 2·N·𝒟 of the run that makes it largest."""
    runs = tables.runs
    return float((runs[convention] * (6 * runs["tokens"] + 2 * test_tokens)).max())


def _describe_check(check: "AreaCheck | None") -> dict[str, Any] | None:
    if check is None:
        return None
    cells = check.cells.to_dict("records")
    return {
        "verdict": check.verdict,
        "ratio": check.ratio,
        "agrees": check.agrees,
        "reason": check.reason,
        "cells": cells,
    }


def _list_lengths(rows: Any) -> list[dict[str, Any]]:
    wanted = ["run_key", "trunk_key", "params_total", "tokens", "seed", "online_bits", "area_bits", "area_tokens"]
    return list(rows[[*wanted, "excess_bits"]].to_dict("records")) if len(rows) else []


def _list_hull(hull: "Hull") -> list[dict[str, Any]]:
    return [
        {"flops": flops, **{name: found[k] for name, found in hull.estimates.items()}}
        for k, flops in enumerate(hull.compute)
    ]


def _print(answer: dict[str, Any], hull: "Hull", check: "AreaCheck | None") -> None:
    test_tokens = format_count(answer["test_tokens"])
    rows = answer["code_lengths"]
    print_text(f"{len(rows)} runs have a prequential code length, {len(answer['refused'])} have none.")
    for reason in dict.fromkeys(row["reason"] for row in answer["refused"]):
        print_text(f"  none: {reason}")
    if len(hull.compute):
        steps = [round(k * (len(hull.compute) - 1) / (PRINTED - 1)) for k in range(PRINTED)]
        cells = [
            (format_count(hull.compute[k], "FLOP"), *(str(hull.estimates[name][k]) for name in hull.estimates))
            for k in steps
        ]
        print_table(f"shortest codes of {test_tokens} test tokens", ("compute", "structure", "random", "total"), cells)
    elif hull.reason:
        print_text(f"No hull of shortest codes: {hull.reason}.")
    if answer["law"]["estimates"]:
        print_text(
            f"Law {answer['law']['name']}, {test_tokens} test tokens at {format_count(answer['flops'], 'FLOP')}:"
        )
        print_estimates(answer["law"]["estimates"])
    if check is not None:
        print_text(f"Measured area over the law's: {check.verdict}.")
        if apart := check.describe_apart():
            print_text(f"{apart}.")
    if answer["law"]["refused"]:
        print_text(f"No closed form: {answer['law']['refused']}.")
