"""`lab complexity`: how short an object can be said, by every code, beside what it is not."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lab.cli.console.arguments import Alphabet, AsJson, Length, Shape, parse_shape, split_list
from lab.cli.console.counting import open_count
from lab.cli.console.output import format_interval, print_json, print_note, print_table, print_text
from lab.core.errors import InputError

if TYPE_CHECKING:
    from lab.complexity.baselines import Comparison
    from lab.complexity.code import Code
    from lab.complexity.objects import Described


def command(
    objects: Annotated[
        list[str],
        typer.Argument(
            metavar="OBJECT…",
            help="A file, a folder, FILE.npz:ARRAY, a source (markov:order=1), RUNKEY:ARRAY or RUNKEY:CURVE.",
        ),
    ],
    codes: Annotated[
        str, typer.Option("--codes", help="Codes, with dials: ppmd,order_k:order=3. Default: the whole shelf.")
    ] = "",
    length: Length = None,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Which stretch of a source.")] = 0,
    alphabet: Alphabet = None,
    shape: Shape = "",
    baselines: Annotated[
        int, typer.Option("--baselines", min=0, max=100, help="Shuffles and surrogates, a seed each.")
    ] = 4,
    surrogate: Annotated[
        str, typer.Option("--surrogate", help="rows, markov or phases. Default: rows of an array, else markov.")
    ] = "",
    to: Annotated[Path | None, typer.Option("--to", metavar="FOLDER", help="Draw the figure there.")] = None,
    as_json: AsJson = False,
) -> None:
    """Bound the complexity of files, arrays, sources and stored runs by every code, beside their baselines.

    Each number is the length of a description that a fixed decoder undoes: an upper bound on Kolmogorov complexity.
    'Normalised' runs from 0, a constant of the same size, to 1, the same symbols shuffled. Codes marked as estimates
    bound nothing; where no code is shorter than the symbols as they stand, the bound is 'literal'. Nothing is ever
    unpacked or run; an object takes at most 134 MB.
    """
    from lab.analysis.complexity.code_bounds import compare_object
    from lab.analysis.complexity.objects import name_apart, open_object
    from lab.complexity.baselines import count_bounds

    chosen = _load_codes(codes)
    kind = _check_surrogate(surrogate)
    opened = [open_object(name, length, seed, alphabet, parse_shape(shape)) for name in objects]
    names = name_apart([described.name for described in opened], objects)
    named = [replace(one, name=name) for one, name in zip(opened, names, strict=True)]
    with open_count("complexity", "descriptions", len(named) * count_bounds(baselines)) as advance:
        compared = [(one, compare_object(one, chosen, baselines, kind, advance)) for one in named]
    if as_json:
        print_json({"objects": [_to_literal(one, comparison) for one, comparison in compared]})
    else:
        for one, comparison in compared:
            _print(one, comparison)
    if to is not None:
        _draw(objects[0], compared, to)


def _load_codes(text: str) -> "dict[str, Code] | None":
    """The codes of `ppmd,order_k:order=3,mebibytes=1`: a part with '=' alone is one more dial of the code before it."""
    from lab.runs.spec import build_entry, label_entry, parse_entry

    if not text:
        return None
    names: list[str] = []
    for part in split_list(text):
        if "=" in part and ":" not in part:
            if not names:
                raise InputError("--codes", part, "a dial follows its code", "for example order_k:order=3")
            names[-1] += f",{part}" if ":" in names[-1] else f":{part}"
        else:
            names.append(part)
    tables = [parse_entry("codes", name) for name in names]
    built = [(table["name"], build_entry("codes", table)) for table in tables]
    return {label_entry(name, code): code for name, code in built}


def _check_surrogate(text: str) -> Any:
    from lab.complexity.surrogates import check_surrogate

    return check_surrogate(text) if text else None


def _to_literal(described: "Described", comparison: "Comparison") -> dict[str, object]:
    from lab.complexity.bounds import ENSEMBLE

    bound = comparison.object
    return {
        "object": described.name,
        "symbols": bound.symbols,
        "alphabet": bound.alphabet,
        "shape": list(described.message.symbols.shape),
        "told_bits": bound.told_bits,
        "raw_bits": bound.raw_bits,
        "entropy_rate_bits": described.entropy_rate,
        "surrogate": comparison.kind,
        "codes": {
            name: {
                "bound": comparison.estimate_bits(name),
                "packing": bound.choose(name).packing,
                "scan": bound.choose(name).scan,
                "shortest": bound.choose(name).code,
                "proof": bound.choose(name).proof,
                "constant": comparison.estimate_constant(name),
                "shuffled": comparison.estimate_shuffled(name),
                "surrogate": comparison.estimate_surrogate(name),
                "normalised": comparison.normalize(name),
            }
            for name in (ENSEMBLE, *comparison.codes)
        },
        "left_out": dict(bound.left_out),
        "without_baselines": dict(comparison.left_out),
        "notes": _list_notes(described, comparison),
    }


def _print(described: "Described", comparison: "Comparison") -> None:
    from lab.complexity.bounds import ENSEMBLE, LITERAL

    bound = comparison.object
    best = bound.choose()
    known = "" if described.entropy_rate is None else f" · entropy rate {described.entropy_rate:.4f} bits/symbol"
    rate = f", {bound.rate_bits():.4f} a symbol" if bound.symbols else ""
    way = f"{best.code}, {best.packing}, {best.scan}"
    if best.code == LITERAL:
        way = "literal, for no proven code is shorter than the symbols as they stand"
    print_text(
        f"{described.name}: {bound.symbols:,} symbols of {bound.alphabet} · {bound.raw_bits:,.0f} bits raw{known}\n"
        f"K ≤ {bound.count_bits():,.0f} bits{rate}: {way}; shape {bound.told_bits:.0f} bits, choice of way paid for."
    )
    names = ("code", "bits", "a symbol", "way", "constant", "shuffled", comparison.kind, "normalised")
    listed = sorted((ENSEMBLE, *comparison.codes), key=bound.count_bits)
    print_table("", names, [_list_cells(comparison, name) for name in listed], right=(*names[1:3], *names[4:7]))
    estimates = [name for name in comparison.codes if bound.choose(name).proof == "estimate"]
    for note in (
        *_list_notes(described, comparison),
        *(f"{name} is an estimate: nobody can decode it, and it bounds nothing" for name in estimates),
        *(f"{name} is left out: {why}" for name, why in bound.left_out.items()),
        *_list_gaps(comparison),
    ):
        print_text(f"note: {note}")


def _list_cells(comparison: "Comparison", name: str) -> tuple[str, ...]:
    bound, normalised = comparison.object, comparison.normalize(name)
    way = bound.choose(name)
    laid_out = "as it is" if (way.packing, way.scan) == ("symbols", "row") else f"{way.packing}, {way.scan}"
    return (
        name,
        f"{bound.count_bits(name):,.0f}",
        f"{bound.rate_bits(name):.4f}" if bound.symbols else "—",
        "an estimate" if way.proof == "estimate" else laid_out,
        _show(comparison.estimate_constant(name).value),
        _show(comparison.estimate_shuffled(name).value),
        _show(comparison.estimate_surrogate(name).value),
        "—" if normalised.n == 0 else f"{normalised.value:.4g} {format_interval(normalised)}",
    )


def _list_notes(described: "Described", comparison: "Comparison") -> list[str]:
    """What was done to make symbols of the object, and what its surrogate keeps."""
    from lab.complexity.surrogates import explain_surrogate

    kept = explain_surrogate(described.message, comparison.kind) if comparison.surrogates else ""
    return [*described.notes, *filter(None, [kept])]


def _list_gaps(comparison: "Comparison") -> list[str]:
    """Which codes did not describe the baselines, those of one reason together."""
    gaps: dict[str, list[str]] = {}
    for name, why in comparison.left_out.items():
        gaps.setdefault(why, []).append(name)
    return [f"{', '.join(names)} without shuffled and surrogate: {why}" for why, names in gaps.items()]


def _show(bits: float) -> str:
    return f"{bits:,.0f}" if bits == bits else "—"


def _draw(name: str, compared: "list[tuple[Described, Comparison]]", folder: Path) -> None:
    from lab.analysis.complexity.code_bounds import tabulate_comparisons
    from lab.figures.printing import export_figure

    tables = tabulate_comparisons(Path(name).name.partition(":")[0], compared)
    for path in export_figure("code_lengths", tables, {}, folder):
        print_note(str(path))
