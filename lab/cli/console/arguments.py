"""Arguments that several commands take, each with one meaning."""

from pathlib import Path
from typing import Annotated

import typer

from lab.core.columns import COLUMNS, CONVENTIONS
from lab.core.errors import InputError, UnknownNameError

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON value on stdout and nothing else.")]
SweepName = Annotated[str, typer.Argument(metavar="SWEEP", help="A sweep; `lab list sweeps` names them.")]
Preset = Annotated[str, typer.Option("--preset", "-p", help="How much to run: smoke, standard or overnight.")]
StudyName = Annotated[
    str, typer.Argument(metavar="STUDY", help="A study, a sweep (its fullest study), or a CSV, Parquet or JSONL file.")
]
Convention = Annotated[str, typer.Option("--convention", help=f"Which N: {', '.join(CONVENTIONS)}.")]
Against = Annotated[str, typer.Option("--against", help="What a one-variable law scales: size, tokens, compute.")]
ColumnMap = Annotated[
    str,
    typer.Option(
        "--map", metavar="OURS=THEIRS,…", help="Columns of your file: params_total=n_params,tokens=D; N, D, C, L work."
    ),
]
LossName = Annotated[
    str,
    typer.Option("--loss", help="squares, huber:0.01 (δ), absolute, asymmetric:10; '@raw' behind it: not of the log."),
]
IntervalMethod = Annotated[
    str,
    typer.Option(
        "--interval",
        help="default, t, profile, jackknife, sandwich, components, or a bootstrap: pairs, wild, parametric.",
    ),
]
Length = Annotated[
    int | None, typer.Option("--length", help="Symbols drawn of a source (16384), or read of anything else (all).")
]
Alphabet = Annotated[
    int | None,
    typer.Option("--alphabet", min=2, max=256, help="Number the symbols anew: 2 for a file of 0s and 1s."),
]
Shape = Annotated[str, typer.Option("--shape", metavar="ROWSxCOLUMNS", help="Lay the symbols out: 100x100.")]
OutputFolder = Annotated[Path | None, typer.Option("--to", metavar="FOLDER", help="Where to write.")]
Formats = Annotated[str, typer.Option("--formats", help="Any of pdf, svg, png, html, csv.")]
Width = Annotated[str, typer.Option("--width", help="A journal's column: single or double.")]
ALL_FORMATS = "pdf,svg,png,html,csv"

_SYMBOLS = {"N": "params_total", "D": "tokens", "C": "flops", "L": "loss_nats"}


def parse_assignments(text: str, subject: str) -> dict[str, str]:
    """`a=x,b=y` as a table; raises `InputError` for a part without '=' and for a name given twice."""
    pairs: dict[str, str] = {}
    for part in split_list(text):
        name, equals, value = (piece.strip() for piece in part.partition("="))
        if not (name and equals and value):
            raise InputError(subject, part, "each part is name=value")
        if name in pairs:
            raise InputError(subject, name, "is given twice", "keep one")
        pairs[name] = value
    return pairs


def parse_column_map(text: str, convention: str = "params_total") -> dict[str, str]:
    """`--map` as our column → their column; N means the column of `convention`. Raises `UnknownNameError`."""
    known = {**_SYMBOLS, "N": convention}
    mapping: dict[str, str] = {}
    for ours, theirs in parse_assignments(text, "--map").items():
        column = known.get(ours, ours)
        if column not in COLUMNS:
            raise UnknownNameError.among("--map", ours, [*known, *COLUMNS])
        mapping[column] = theirs
    return mapping


def parse_shape(text: str) -> tuple[int, ...]:
    """`--shape` as sides, none where it is empty; raises `InputError` for what is no number."""
    try:
        return tuple(int(side) for side in text.lower().split("x")) if text else ()
    except ValueError:
        raise InputError("--shape", text, "sides are whole numbers joined by x", "for example 100x100") from None


def split_list(text: str) -> tuple[str, ...]:
    """`a,b` as a tuple of texts."""
    return tuple(part.strip() for part in text.split(",") if part.strip())
