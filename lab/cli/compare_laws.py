"""`lab compare-laws`: criteria of fit beside the error on larger runs, and whether the first tell the second."""

from __future__ import annotations

import math
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lab.cli.console.arguments import AsJson, ColumnMap, Convention, StudyName, split_list
from lab.cli.console.counting import open_count
from lab.cli.console.output import print_estimates, print_json, print_note, print_table, print_text
from lab.core.errors import InputError, RefusedError, UnknownNameError

if TYPE_CHECKING:
    from lab.analysis.comparisons.criteria import LawComparison, Split
    from lab.analysis.comparisons.curves import Collection

AGAINST = ("size", "tokens", "joint")
MOST_SHOWN = 6  # splits, each with a table of its own


def command(
    study: StudyName,
    laws: Annotated[str, typer.Option("--laws", help="Default: all of the shelf that the columns fit.")] = "",
    against: Annotated[
        str, typer.Option("--against", help="Laws of one variable, size or tokens, or of several: joint.")
    ] = "size",
    curve: Annotated[
        str, typer.Option("--curve", metavar="COLUMN,…", help="Of a file of curves: columns that tell them apart.")
    ] = "",
    x: Annotated[str, typer.Option("--x", metavar="COLUMN", help="With --curve: the scale.")] = "",
    y: Annotated[str, typer.Option("--y", metavar="COLUMN", help="With --curve: the loss.")] = "",
    split: Annotated[
        str, typer.Option("--split", metavar="COLUMN", help="With --curve: 1 says fitted, 0 held out.")
    ] = "",
    convention: Convention = "params_total",
    column_map: ColumnMap = "",
    as_json: AsJson = False,
) -> None:
    """Compare laws by AICc, BIC and the error on what was left out, and by the error on larger runs held out.

    Exit code 2 where no law can be fitted.
    """
    from lab.analysis.comparisons.criteria import compare_laws, list_laws

    if against not in AGAINST:
        raise UnknownNameError.among("--against", against, AGAINST)
    splits = _read(study, curve, x, y, split) if curve else _open(study, against, convention, column_map)
    if not splits:
        reason = "there is no larger run to hold out"
        raise RefusedError(f"comparison of laws of {study}", None, reason, "bring two sizes or horizons")
    fitting, others = list_laws(splits)
    with open_count("compare-laws", "curves", len(splits)) as advance:
        comparison = compare_laws(splits, split_list(laws) or fitting, advance)
    if as_json:
        _print_json(study, comparison, {} if laws else others)
    else:
        _print(comparison, {} if laws else others)
    if comparison.frame["held_out"].isna().all():
        first = comparison.frame.iloc[0]
        raise RefusedError(f"law {first['law']}, {first['split']}", None, first["reason"], "run more, or name --laws")


def _read(name: str, curve: str, x: str, y: str, split: str) -> list[Split]:
    from lab.analysis.comparisons.curves import read_curves

    if not (x and y):
        raise InputError("--curve", curve, "a file of curves needs --x and --y", "name the scale and the loss")
    return _tell(read_curves(Path(name), split_list(curve), x, y, split))


def _open(name: str, against: str, convention: str, column_map: str) -> list[Split]:
    from lab.analysis.comparisons.criteria import split_joint
    from lab.analysis.comparisons.curves import collect_study
    from lab.analysis.laws.fits import check_convention
    from lab.cli.console.studies import open_study

    check_convention(convention)
    tables = open_study(name, column_map, convention)
    if against == "joint":
        return split_joint(tables, convention)
    return _tell(collect_study(tables, "size" if against == "size" else "tokens", convention))


def _tell(collection: Collection) -> list[Split]:
    from lab.analysis.comparisons.criteria import split_curves

    for note in collection.notes:
        print_note(f"note: {note}")
    return split_curves(collection)


def _print_json(name: str, comparison: LawComparison, others: dict[str, str]) -> None:
    frame = comparison.frame
    splits = [
        {"split": split, "laws": rows.drop(columns="split").to_dict("records")}
        for split, rows in frame.groupby("split", sort=False)
    ]
    print_json({"study": name, "splits": splits, "agreement": comparison.agreement, "not_asked": others})


def _print(comparison: LawComparison, others: dict[str, str]) -> None:
    from lab.analysis.comparisons.criteria import TITLES, average_ranks

    frame = comparison.frame
    answered = frame.dropna(subset="held_out")
    for split, rows in answered.groupby("split", sort=False) if frame["split"].nunique() <= MOST_SHOWN else ():
        table = [
            (r["law"], r["parameters"], *(f"{r[name]:.4g} ({_rank(r['rank_' + name])})" for name in TITLES))
            for r in rows.sort_values("held_out").to_dict("records")
        ]
        units = f"{rows['units'].iloc[0]} independent units"
        titles = tuple(f"{title} (rank)" for title in TITLES.values())
        print_table(f"{split} · {units}", ("law", "parameters", *titles), table, right=("parameters", *titles))
    if frame["split"].nunique() > 1:
        titles = tuple(f"mean rank by {title}" for title in TITLES.values())
        means = average_ranks(frame)
        print_table("", ("law", "answered", *titles), means.itertuples(index=False), right=("answered", *titles))
    print_text("Does a criterion tell which law will forecast best? 1 always, 0 no more than chance.")
    print_estimates(comparison.agreement)
    print_text("Criteria see only what the forecast sees; rows of one unit count together as one run.")
    missing = frame[frame["held_out"].isna()]
    for (law, reason), count in Counter(zip(missing["law"], missing["reason"], strict=True)).items():
        print_text(f"{law}: no answer on {count} of {frame['split'].nunique()}: {reason}.")
    for law, reason in others.items():
        print_text(f"{law}: not asked: {reason}.")


def _rank(value: float) -> str:
    return "–" if math.isnan(value) else f"{value:.0f}"
