"""`lab statistics`: entropy rate, excess entropy, causal states, regularity and depth of a file or a source."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lab.cli.console.arguments import Alphabet, AsJson, Length, Shape, parse_shape
from lab.cli.console.output import format_interval, print_json, print_note, print_table, print_text
from lab.core.errors import InputError, RefusedError

if TYPE_CHECKING:
    from lab.analysis.complexity.statistics import Statistics
    from lab.core.estimate import Estimate

MOST_MOVES = 24


def command(
    name: Annotated[
        str,
        typer.Argument(
            metavar="OBJECT", help="A file, a folder, FILE.npz:ARRAY, a source (golden_mean:p=0.3) or RUNKEY:CURVE."
        ),
    ],
    length: Length = None,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Which stretch of a source, and of the bootstrap.")] = 0,
    seeds: Annotated[
        int, typer.Option("--seeds", min=1, max=1000, help="Stretches of a source; intervals are then over them.")
    ] = 1,
    alphabet: Alphabet = None,
    shape: Shape = "",
    draws: Annotated[int, typer.Option("--draws", min=20, max=10_000, help="Resamples of the bootstrap.")] = 200,
    to: Annotated[Path | None, typer.Option("--to", metavar="FOLDER", help="Draw the figures there.")] = None,
    as_json: AsJson = False,
) -> None:
    """Measure what a sequence's statistics say: h, E, C_μ and its ε-machine, regularity, counted depth.

    Symbols are read in row order; an array of two sides is read as a field too, rows as time: what the light cones of
    its cells share. A number that the sequence is too short for is missing, with the reason; exit code 2
    where all of h, E and C_μ are.
    """
    from lab.analysis.complexity.objects import open_object
    from lab.analysis.complexity.statistics import average_statistics, measure_statistics
    from lab.core.registry import open_shelf

    if seeds > 1 and (Path(name).exists() or name.partition(":")[0] not in open_shelf("data").names()):
        raise InputError("--seeds", seeds, f"only a source has independent stretches, {name} is one object", "drop it")
    measured = [
        measure_statistics(
            open_object(name, length, one, alphabet, parse_shape(shape)), one, draws if seeds == 1 else 0
        )
        for one in range(seed, seed + seeds)
    ]
    estimates = average_statistics(measured)
    if as_json:
        print_json(_to_literal(measured[0], estimates))
    else:
        _print(measured[0], estimates)
    if to is not None:
        _draw(measured, to)
    if measured[0].blocks.reason and measured[0].causal.machine is None:
        raise RefusedError(f"statistics of {name}", None, measured[0].blocks.reason, "give a longer sequence")


def _to_literal(first: "Statistics", estimates: "tuple[Estimate, ...]") -> dict[str, object]:
    from lab.analysis.complexity.admissible import find_status

    message, machine = first.described.message, first.causal.machine
    return {
        "object": first.described.name,
        "symbols": len(message),
        "alphabet": message.alphabet,
        "entropy_rate_bits": first.described.entropy_rate,
        "estimates": [{**one.to_dict(), "status": find_status(one, message.alphabet)} for one in estimates],
        "block_entropies_bits": first.blocks.entropies_bits,
        "machine": {"emits": machine.emits, "leads": machine.leads, "stationary": machine.stationary}
        if machine
        else None,
        "descriptions": [
            {"name": one.name, "bits": one.bits, "operations": one.operations} for one in first.descriptions
        ],
        "notes": list(first.described.notes),
    }


def _print(first: "Statistics", estimates: "tuple[Estimate, ...]") -> None:
    from lab.analysis.complexity.admissible import find_status

    message, machine, rate = first.described.message, first.causal.machine, first.described.entropy_rate
    known = "" if rate is None else f" · entropy rate {rate:.4f} bits/symbol"
    print_text(f"{first.described.name}: {len(message):,} symbols of {message.alphabet}{known}")
    rows = [
        (
            one.name,
            one.value,
            format_interval(one) if one.has_interval else "",
            one.unit,
            find_status(one, message.alphabet),
            one.method,
        )
        for one in estimates
    ]
    columns = ("estimate", "value", f"{estimates[0].level:.0%} interval", "unit", "status", "method or reason")
    print_table("", columns, rows, right=("value",))
    if machine is not None:
        moves = [
            (state, symbol, float(machine.emits[state, symbol]), int(machine.leads[state, symbol]))
            for state in range(machine.states)
            for symbol in range(machine.emits.shape[1])
            if machine.emits[state, symbol] > 0
        ]
        print_table(
            "ε-machine", ("state", "emits", "probability", "leads to"), moves[:MOST_MOVES], right=("probability",)
        )
        if len(moves) > MOST_MOVES:
            print_text(f"… and {len(moves) - MOST_MOVES} more moves: --json has them all")
    for note in first.described.notes:
        print_text(f"note: {note}")


def _draw(measured: "list[Statistics]", folder: Path) -> None:
    from lab.analysis.complexity.statistics import tabulate_statistics
    from lab.figures.printing import export_figure

    tables = tabulate_statistics(Path(measured[0].described.name).name.partition(":")[0], measured)
    for name in ("block_entropies", "state_diagram", "decoding_work"):
        for path in export_figure(name, tables, {}, folder):
            print_note(str(path))
