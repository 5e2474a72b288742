"""`lab mdl`: the description length of one object by every code of a model class, order by order."""

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lab.cli.console.arguments import Alphabet, AsJson, Length, split_list
from lab.cli.console.output import print_json, print_note, print_table, print_text
from lab.core.errors import InputError

if TYPE_CHECKING:
    from lab.complexity.mdl.panel import Panel


MOST_COLUMNS, MOST_NOTES = 8, 4  # that a terminal bears


def command(
    name: Annotated[
        str,
        typer.Argument(
            metavar="OBJECT", help="A file, array, source (markov:order=1) or run; a table for polynomials."
        ),
    ],
    model: Annotated[
        str, typer.Option("--model", help="markov (chains), polynomial (y given x) or normal (y alone).")
    ] = "markov",
    orders: Annotated[str, typer.Option("--orders", help="Orders to try: 0-4 or 0,1,3.")] = "0-4",
    columns: Annotated[
        str, typer.Option("--columns", metavar="X,Y", help="Columns of a table; the last is described.")
    ] = "x,y",
    domain: Annotated[
        str,
        typer.Option("--domain", metavar="MEAN,LEAST,MOST", help="Of normal values: largest |mean|, and deviations."),
    ] = "",
    precision: Annotated[
        float | None,
        typer.Option("--precision", help="To which y is told, in its unit; default: its least difference."),
    ] = None,
    length: Length = None,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Which stretch of a source.")] = 0,
    alphabet: Alphabet = None,
    as_json: AsJson = False,
) -> None:
    """Describe data by a model class: two-part, NML, Bayes, prequential and switching codes, the order each chooses.

    Regret is what a code pays above the best fit in hindsight of one order, the one most codes choose; that fit is no
    code. Lengths are of these very data, in bits.
    """
    from lab.analysis.complexity.panels import (
        check_model,
        describe_column,
        describe_columns,
        describe_sequence,
        parse_domain,
        parse_orders,
    )
    from lab.complexity.mdl.choice import explain_choices

    tried, chosen = parse_orders(orders), check_model(model)
    if chosen == "markov":
        panel = describe_sequence(name, tried, length, seed, alphabet)
    elif chosen == "normal":
        panel = describe_column(Path(name), split_list(columns)[-1], parse_domain(domain), precision)
    else:
        x, y = _split_columns(columns)
        panel = describe_columns(Path(name), x, y, tried, precision)
    if as_json:
        print_json({"object": name, "model": model, **_to_literal(panel), "notes": explain_choices(panel)})
    else:
        _print(panel)


def _split_columns(text: str) -> tuple[str, str]:
    names = split_list(text)
    if len(names) != 2:
        raise InputError("--columns", text, "names two columns", "for example --columns x,y")
    return names[0], names[1]


def _to_literal(panel: "Panel") -> dict[str, object]:
    from lab.analysis.complexity.panels import estimate_total
    from lab.complexity.mdl.panel import ALL_ORDERS, CODES

    return {
        "examples": panel.n,
        "precision": None if math.isnan(panel.precision) else panel.precision,
        "hindsight_bits": panel.hindsight,
        "parameters": panel.parameters,
        "compared_order": panel.usual_order,
        "codes": {
            code: {
                "what": CODES[code],
                "order": None if panel.choose_order(code) == ALL_ORDERS else panel.choose_order(code),
                "total": estimate_total(panel, code),
                "total_regret_bits": panel.count_regret_bits(code),
                "bits": {"all" if k == ALL_ORDERS else k: bits for k, bits in lengths.items()},
                "regret_bits": {"all" if k == ALL_ORDERS else k: panel.find_regret(code, k) for k in lengths},
            }
            for code, lengths in panel.lengths.items()
        },
    }


def _print(panel: "Panel") -> None:
    from lab.complexity.mdl.choice import explain_choices
    from lab.complexity.mdl.panel import ALL_ORDERS

    shown = _choose_shown(panel)
    rows: list[tuple[object, ...]] = []
    for code, lengths in panel.lengths.items():
        chosen = panel.choose_order(code)
        own = [_format(lengths.get(order)) for order in shown]
        order = "all" if chosen == ALL_ORDERS else chosen
        rows.append(
            (
                code.replace("_", " "),
                order,
                _format(panel.count_total_bits(code)),
                _format(panel.count_regret_bits(code)),
                *own,
            )
        )
    hindsight = [_format(panel.hindsight[order]) for order in shown]
    rows.append(("(hindsight, no code)", "", "", "", *hindsight))
    names = ("code", "order", "total, bits", "regret, bits", *(f"order {order}" for order in shown))
    told = "" if math.isnan(panel.precision) else f", y told to a precision of {panel.precision:g}"
    print_text(
        f"{panel.n:,} examples{told}; the total includes the name of the order; regret: the total above the best fit "
        f"of order {panel.usual_order} in hindsight"
    )
    print_table("", names, rows, right=names[1:])
    if len(shown) < len(panel.orders):
        print_note(f"{len(panel.orders)} orders were tried; shown are those beside the chosen ones, --json has all.")
    for note in explain_choices(panel)[:MOST_NOTES]:
        print_note(note)


def _choose_shown(panel: "Panel") -> list[int]:
    """All orders where they fit a terminal; else each chosen one and its neighbours, and the two ends."""
    if len(panel.orders) <= MOST_COLUMNS:
        return list(panel.orders)
    ordered = sorted(panel.orders)
    places = {ordered.index(k) for code in panel.lengths if (k := panel.choose_order(code)) in ordered}
    near = {place + step for place in places for step in (-1, 0, 1)} | {0, len(ordered) - 1}
    return [order for place, order in enumerate(ordered) if place in near][:MOST_COLUMNS]


def _format(bits: float | None) -> str:
    return "" if bits is None or bits != bits else f"{bits:.1f}"
