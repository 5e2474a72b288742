"""What a command prints: one JSON value for machines, or aligned tables for people. Notes go to stderr."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

from rich import box
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table

from lab.core.estimate import Estimate
from lab.core.verdict import Verdict


def print_json(value: Any) -> None:
    """One JSON value on stdout; NaN becomes null and infinity 'unbounded', so that any parser reads it."""
    print(json.dumps(to_literal(value), indent=2, ensure_ascii=False, allow_nan=False))


def to_literal(value: Any) -> Any:
    """`value` with everything JSON has no word for replaced: estimates and verdicts, arrays, paths, NaN."""
    if isinstance(value, Estimate | Verdict):
        return to_literal(value.to_dict())
    if isinstance(value, float):
        return None if math.isnan(value) else "unbounded" if math.isinf(value) else value
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, Mapping):
        return {str(key): to_literal(item) for key, item in value.items()}
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, Path):
        return str(value)
    if hasattr(value, "tolist"):  # numpy scalars and arrays, pandas columns
        return to_literal(value.tolist())
    if isinstance(value, Iterable):
        return [to_literal(item) for item in value]
    return str(value)


def print_note(text: str) -> None:
    """A line for people on stderr, so that stdout stays what was asked for."""
    print(text, file=sys.stderr, flush=True)


def print_text(text: str = "") -> None:
    """A line on stdout, word-wrapped on a terminal only."""
    _console().print(text, soft_wrap=not sys.stdout.isatty())


def print_table(
    title: str, columns: Sequence[str], rows: Iterable[Sequence[object]], right: Sequence[str] = ()
) -> None:
    """A table on stdout; the columns named in `right` are numbers. Every cell is printed literally.

    On a terminal too narrow for it the columns stand in several tables, the first column in each; where two do not fit
    side by side, each row becomes a few lines, a name and a value each, so that no number is broken.
    """
    cells = [[_cell(value) for value in row] for row in rows]
    if sys.stdout.isatty() and _measure_width(columns, cells) > _console().width:
        groups = _group_columns(columns, cells, _console().width)
        if not groups:
            _print_records(title, columns, cells)
        for number, group in enumerate(groups):
            kept = [[row[k] for k in group] for row in cells]
            _print_grid("" if number else title, [columns[k] for k in group], kept, right)
        return
    _print_grid(title, columns, cells, right)


def _print_grid(title: str, columns: Sequence[str], cells: Sequence[Sequence[str]], right: Sequence[str]) -> None:
    table = Table(title=title or None, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, pad_edge=False)
    for name in columns:
        table.add_column(name, justify="right" if name in right else "left", overflow="fold")
    for row in cells:
        table.add_row(*row)
    _console().print(table)


def _measure_width(columns: Sequence[str], cells: Sequence[Sequence[str]]) -> int:
    """The characters a table takes when nothing is folded, three between columns."""
    return sum(max(cell_len(text) for text in column) + 3 for column in zip(columns, *cells, strict=True))


def _group_columns(columns: Sequence[str], cells: Sequence[Sequence[str]], width: int) -> list[list[int]]:
    """The columns of each table, the first in all of them; none where some column does not fit beside the first."""
    groups: list[list[int]] = []
    for column in range(1, len(columns)):
        wider = [*groups[-1], column] if groups else [0, column]
        for group in (wider, [0, column]):
            if _measure_width([columns[k] for k in group], [[row[k] for k in group] for row in cells]) <= width:
                groups[-1:] = [group] if group is wider and groups else [*groups[-1:], group]
                break
        else:
            return []
    return groups


def _print_records(title: str, columns: Sequence[str], cells: Sequence[Sequence[str]]) -> None:
    head = max(cell_len(name) for name in columns)
    if title:
        print_text(title)
    for row in cells:
        for name, text in zip(columns, row, strict=True):
            if text:
                print_text(f"  {name:{head}}  {text}")
        print_text()


def print_facts(title: str, facts: Iterable[tuple[str, str]]) -> None:
    """Names and what they are, one per line."""
    grid = Table.grid(padding=(0, 3))
    for name, value in facts:
        grid.add_row(f"  {name}", value)
    _console().print(title)
    _console().print(grid)


def print_estimates(estimates: Iterable[Estimate]) -> None:
    """Estimates with their intervals, one per row."""
    rows = [(e.name, e.value, format_interval(e), f"{e.level:.0%}", e.unit, e.n or "", e.method) for e in estimates]
    print_table("", ("estimate", "value", "interval", "level", "unit", "n", "method"), rows, right=("value", "n"))


def format_interval(estimate: Estimate) -> str:
    """`[low, high]`, or that there is none."""
    if not estimate.has_interval:
        return "no interval"
    return f"[{_number(estimate.low)}, {_number(estimate.high)}]"


def _number(value: float) -> str:
    return "–" if math.isnan(value) else "unbounded" if math.isinf(value) else f"{value:.4g}"


def _cell(value: object) -> str:
    return _number(value) if isinstance(value, float) else "" if value is None else str(value)


def _console() -> Console:
    # Markup off: names of runs and studies are somebody's text. A pipe has no width, so nothing is folded there.
    return Console(markup=False, highlight=False, width=None if sys.stdout.isatty() else 160)
