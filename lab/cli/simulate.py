"""`lab simulate`: an automaton, and the lengths of its fine and coarse states beside those of its rows."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lab.cli.console.arguments import ALL_FORMATS, AsJson, Formats, parse_assignments, split_list
from lab.cli.console.dials import parse_dials
from lab.cli.console.output import print_estimates, print_json, print_table, print_text
from lab.core.errors import InputError
from lab.core.registry import open_shelf

if TYPE_CHECKING:
    from lab.core.estimate import Estimate
    from lab.tables import Tables

SHOWN = {
    "sweeps": "sweeps",
    "relaxation_times": "t/τ",
    "entropy_bits": "fine",
    "complexity_bits": "coarse",
    "surrogate_complexity_bits": "coarse surrogate",
    "adjusted_bits": "adjusted",
    "surrogate_adjusted_bits": "adjusted surrogate",
}
"""Columns and what a person reads over them; the fine length stands for an entropy in the literature, and is none."""
FACTS = ("automaton", "side", "seed", "grain", "buckets", "code", "row_chi_square")
MOST_SEEDS = 1000


def command(
    automaton: Annotated[
        str, typer.Argument(metavar="AUTOMATON", help="An automaton, with dials: interacting:clock=swaps.")
    ],
    side: Annotated[int, typer.Option("--n", help="Cells along the side of the square, even.")] = 100,
    until: Annotated[float, typer.Option("--to", help="The end, in the automaton's own time scale τ.")] = 4.0,
    snapshots: Annotated[int, typer.Option("--snapshots", help="Times at which to look.")] = 24,
    seed: Annotated[int, typer.Option("--seed", min=0, help="The first seed.")] = 0,
    seeds: Annotated[int, typer.Option("--seeds", help="How many seeds; two or more bear intervals.")] = 1,
    grain: Annotated[int, typer.Option("--grain", help="Side of the square a cell is averaged over.")] = 10,
    buckets: Annotated[int, typer.Option("--buckets", help="Values of a coarse cell, 2 to 7.")] = 3,
    code: Annotated[str, typer.Option("--code", help="A code, with dials: deflate:level=1.")] = "deflate",
    figure: Annotated[Path | None, typer.Option("--figure", metavar="FOLDER", help="Draw the excess there.")] = None,
    formats: Formats = ALL_FORMATS,
    as_json: AsJson = False,
) -> None:
    """Run an automaton and measure what it looks like, beside a surrogate that keeps its rows and nothing else.

    The table is the curve of the first seed, in bits. With two seeds or more the excess over the surrogate is estimated
    on the hump; it is what counts as complexity.
    """
    from lab.analysis.complexity.simulated import simulate_study

    if not 1 <= seeds <= MOST_SEEDS:
        raise InputError("--seeds", seeds, f"1 to {MOST_SEEDS}", "twelve bear a verdict")
    view = {"grain": grain, "buckets": buckets, "code": read_entry("codes", code)}
    common = {"automaton": read_entry("automata", automaton), "side": side, "until": until, "snapshots": snapshots}
    runs = [{**common, "seed": seed + k, "view": view} for k in range(seeds)]
    tables = simulate_study(f"simulated-{automaton.partition(':')[0]}", runs)
    row = tables.runs[tables.runs["seed"].eq(seed)].iloc[0]
    curve = tables.curves[tables.curves["run_key"].eq(row["run_key"])].dropna(axis=1, how="all")
    estimates = estimate_humps(tables) if seeds > 1 else []
    paths = _draw(tables, figure, formats) if figure else []
    if as_json:
        facts = {
            name: row[name] for name in ("automaton", "side", "seed", "grain", "buckets", "code", "row_chi_square")
        }
        points = curve.drop(columns=["run_key", "trunk_key"]).to_dict("records")
        print_json({**facts, "seeds": seeds, "curve": points, "estimates": estimates, "files": paths})
        return
    title = f"{row['automaton']}, n = {side}, seed {seed}, bits by {row['code']}"
    print_table(title, tuple(SHOWN.values()), curve[list(SHOWN)].itertuples(index=False), right=tuple(SHOWN.values()))
    if estimates:
        print_estimates(estimates)
    for path in paths:
        print_text(str(path))


def read_entry(shelf: str, text: str) -> dict[str, Any]:
    """'interacting:clock=swaps' as the table of a specification; raises `UnknownNameError` or `InputError`."""
    name, _, dials = text.partition(":")
    entry = open_shelf(shelf).load(name)
    return {"name": name, **parse_dials(entry, parse_assignments(dials, name) if dials else {}, name)}


def estimate_humps(tables: "Tables") -> "list[Estimate]":
    """The excess of both coarse lengths on the hump, and how it rises and falls, over the seeds."""
    from dataclasses import replace

    from lab.analysis.complexity.automata import find_finished, read_hump

    found = []
    for measure in ("complexity", "adjusted"):
        hump = read_hump(tables, find_finished(tables), measure)
        if hump is not None:
            told = (hump.estimate_ratio(), hump.estimate_excess(), hump.estimate_rise_and_fall(), hump.estimate_last())
            found += [replace(estimate, name=f"{measure}: {estimate.name}") for estimate in told]
    return found


def _draw(tables: "Tables", folder: Path, formats: str) -> list[Path]:
    from lab.figures import draw_figure
    from lab.figures.printing import save_figure

    frame, drawing = draw_figure("excess_complexity", tables, {})
    return save_figure("excess_complexity", tables, frame, drawing, folder, split_list(formats), "single")
