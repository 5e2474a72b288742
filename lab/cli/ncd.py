"""`lab ncd`: how far apart objects are, by what a code saves when it has seen the other; the map and the tree."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lab.cli.console.arguments import AsJson
from lab.cli.console.counting import open_count
from lab.cli.console.output import format_interval, print_json, print_note, print_table, print_text

if TYPE_CHECKING:
    from lab.analysis.complexity.distances import DistanceMap
    from lab.complexity.clustering import Node
    from lab.complexity.distances import Distances
    from lab.complexity.information import Information
    from lab.tables import Tables

MOST_ROWS = 30
SLOW = "context_mixing"
LONG_PAIR = 2**15
"""Symbols of the largest pair beyond which the slow code is left out, unless asked for: it takes seconds a pair."""


def command(
    objects: Annotated[
        list[str],
        typer.Argument(metavar="OBJECT…", help="Two or more files, folders, FILE.npz:ARRAY, sources, RUNKEY:ARRAY."),
    ],
    code: Annotated[
        str, typer.Option("--code", help="A code that sees all of two objects; dials after a colon.")
    ] = "lzma",
    length: Annotated[int | None, typer.Option("--length", help="Only the first symbols of each.")] = None,
    halves: Annotated[
        int, typer.Option("--halves", min=0, max=1000, help="Random halves, for intervals and support; 0: none.")
    ] = 10,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Which halves, and which stretch of a source.")] = 0,
    every_code: Annotated[
        bool, typer.Option("--every-code", help=f"K(x|y) by context_mixing for pairs beyond {LONG_PAIR:,} symbols too.")
    ] = False,
    to: Annotated[Path | None, typer.Option("--to", metavar="FOLDER", help="Draw the map and the tree there.")] = None,
    as_json: AsJson = False,
) -> None:
    """Compare objects by the normalised compression distance, and grow a tree of them.

    0: one tells all of the other; 1: nothing in common as far as the code sees. Both orders of a pair are averaged.
    K(x|y) is bounded by the shortest of all codes that can be given y; the mutual bits are their estimate, no bound.
    Exit code 2 for a code that does not see both objects of the largest pair at once, such as deflate beyond 32 KiB.
    """
    from lab.analysis.complexity.distances import read_map, tabulate_distances
    from lab.analysis.complexity.objects import name_apart, open_object
    from lab.complexity.distances import measure_distances
    from lab.complexity.information import load_conditional, measure_information
    from lab.runs.spec import build_entry, label_entry, parse_entry

    table = parse_entry("codes", code)
    chosen = build_entry("codes", table)
    label = label_entry(str(table["name"]), chosen)
    described = [open_object(name, length, seed) for name in objects]
    messages = [one.message for one in described]
    names = name_apart([Path(name).name or name for name in objects], objects)
    with open_count(f"distances by {label}", "pairs", len(objects) ** 2 * (1 + halves)) as advance:
        found = measure_distances(names, messages, chosen, halves, seed, advance)
    codes = load_conditional()
    longest = sum(sorted(map(len, messages))[-2:])
    if longest > LONG_PAIR and not every_code:
        del codes[SLOW]
        print_note(f"note: K(x|y) without {SLOW}: a pair has {longest:,} symbols; --every-code waits for it")
    with open_count("what each tells of the other", "pairs", len(objects) ** 2) as advance:
        information = measure_information(messages, codes, advance)
    tables = tabulate_distances(found, information, messages, label)
    read = read_map(tables)
    assert read is not None  # every pair was just measured
    if as_json:
        print_json({**_to_literal(found, information, read, label), "conditional_codes": sorted(codes)})
    else:
        for one in described:
            for note in one.notes:
                print_note(f"note: {one.name}: {note}")
        _print(found, information, read, label)
    if to is not None:
        _draw(tables, to)


def _to_literal(found: "Distances", information: "Information", read: "DistanceMap", code: str) -> dict[str, object]:
    tree, support, score = read.grow_tree()
    lengths, count = found.lengths, range(len(found.names))
    conditional, mutual = information.conditional, information.mutual
    return {
        "code": code,
        "reach": found.reach,
        "objects": [{"object": name, "bits": lengths.single[i]} for i, name in enumerate(found.names)],
        "pairs": [
            {
                "object": found.names[i],
                "other_object": found.names[j],
                "ncd": found.estimate(i, j),
                "joint_bits": lengths.both[i, j],
                "conditional_bits": conditional[i, j],
                "other_conditional_bits": conditional[j, i],
                "mutual_bits": mutual[i, j],
            }
            for i in count
            for j in count[i:]
        ],
        "tree": [
            {"objects": sorted(read.names[leaf] for leaf in node.leaves), "ncd": node.height,
             "support": support.get(node.leaves)}
            for node in tree.nodes[tree.size :]
        ],
        "score": score,
    }  # fmt: skip


def _print(found: "Distances", information: "Information", read: "DistanceMap", code: str) -> None:
    names, count, distance = found.names, range(len(found.names)), found.lengths.distance
    conditional, mutual = information.conditional, information.mutual
    pairs = sorted(((i, j) for i in count for j in count[i + 1 :]), key=lambda pair: float(distance[pair]))
    rows = []
    for i, j in pairs[:MOST_ROWS]:
        estimate = found.estimate(i, j)
        bits = (conditional[i, j], conditional[j, i], mutual[i, j])
        rows.append(
            (names[i], names[j], estimate.value, format_interval(estimate), *(f"{value:,.0f}" for value in bits))
        )
    print_text(f"{len(names)} objects by {code}; the largest pair, seen again, costs {found.reach:.2g} of its length.")
    columns = ("x", "y", "NCD", "95% interval", "K(x|y) ≤", "K(y|x) ≤", "mutual bits")
    print_table("", columns, rows, right=(columns[2], *columns[4:]))
    if len(pairs) > MOST_ROWS:
        print_text(f"The nearest {MOST_ROWS} of {len(pairs)} pairs; --json has all.")
    if found.silence:
        print_text(f"No intervals: {found.silence}.")
    tree, support, score = read.grow_tree()
    for line in _list_lines(tree.root, read.names, support):
        print_text(line)
    if score.value == score.value:
        print_text(f"S(T) = {score.value:.3f}: 1 where no tree shows the distances better.")


def _list_lines(
    node: "Node", names: tuple[str, ...], support: "dict[frozenset[int], float]", head: str = "", tail: str = ""
) -> list[str]:
    """The tree as text: a join is its distance and its support."""
    if not node.children:
        return [head + names[next(iter(node.leaves))]]
    share = support.get(node.leaves, float("nan"))
    lines = [f"{head}{node.height:.3f}" + (f"  ({share:.0%} of halves)" if share == share else "")]
    first, second = node.children
    lines += _list_lines(first, names, support, tail + "├─ ", tail + "│  ")
    return lines + _list_lines(second, names, support, tail + "└─ ", tail + "   ")


def _draw(tables: "Tables", folder: Path) -> None:
    from lab.figures.printing import export_figure

    for name in ("ncd_map", "ncd_tree"):
        for path in export_figure(name, tables, {}, folder):
            print_note(f"note: wrote {path}")
