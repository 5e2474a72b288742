"""Collections of curves, loss against one scale, cut into the cheaper points, to fit, and the dearer, to forecast.

From anybody's file (benchmarks such as Alabdulmohsin et al. 2022, arXiv 2209.06640, bring their own cut), or from the
runs of a study.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lab.analysis.selection import select_runs
from lab.core.errors import InputError, UnknownNameError
from lab.core.units import format_count
from lab.scaling import Data
from lab.tables import Tables
from lab.tables.importing import ROWS_NAMED, parse_numbers, read_file

Array = NDArray[Any]

AHEAD = 2.0  # a file's curve without a cut of its own is forecast beyond this fraction of its largest x
EVERYTHING = "all"  # the group of curves that have only one column to tell them apart


@dataclass(frozen=True)
class Curve:
    """`x` and `y` (n,), positive, cheapest first; `fitted` (n,) marks the points a law may see.

    `units` (n,) labels the independent runs behind the points; None where nobody said that there is more than one.
    `keys` (n,) are the runs' keys, '' where there are none.
    """

    group: str
    name: str
    x: Array
    y: Array
    fitted: Array
    units: Array | None = None
    keys: Array | None = None

    def seen(self, predictor: str) -> Data:
        """The fitted points; each an independent run of its own where nobody said otherwise."""
        x, y = {predictor: self.x[self.fitted]}, self.y[self.fitted]
        if self.units is None:
            return Data(x, y, np.arange(len(y)), "point")
        return Data(x, y, self.units[self.fitted], "trunk")

    @property
    def reaches_back(self) -> bool:
        """Whether a held-out point is no dearer than some fitted one: not a forecast, strictly."""
        return bool(self.x[~self.fitted].min() <= self.x[self.fitted].max())


@dataclass(frozen=True)
class Collection:
    """Curves of the same two columns. `group` says what the groups are; `notes` what was left out or assumed."""

    name: str
    x: str
    y: str
    group: str
    curves: tuple[Curve, ...]
    notes: tuple[str, ...] = ()

    @property
    def groups(self) -> tuple[str, ...]:
        """The groups, in the order of the curves."""
        return tuple(dict.fromkeys(curve.group for curve in self.curves))


def read_curves(path: Path, curve: Sequence[str], x: str, y: str, split: str = "", ahead: float = AHEAD) -> Collection:
    """The curves of a file, one row per point.

    `curve` names the columns that tell curves apart, the first being the group they are reported by; `split` a column
    with 1 (fit) and 0 (held out); without it the points beyond the `ahead`-th part of a curve's largest x are held out.
    Raises `InputError` that names columns or rows at fault.
    """
    if not curve:
        raise InputError("curves", None, "columns that tell them apart are needed", "name them: --curve Task,Model")
    frame = read_file(path)
    for column in (*curve, x, y, *([split] if split else [])):
        if column not in frame.columns:
            raise UnknownNameError.among("column of the file", column, frame.columns)
    numbers = {column: parse_numbers(frame[column], needed=True) for column in (x, y)}
    fitted = _parse_split(frame[split]) if split else None
    kept = ~frame.duplicated()
    labels = frame[list(curve)].astype(str)
    table = pd.DataFrame(
        {
            "group": labels.iloc[:, 0] if len(curve) > 1 else EVERYTHING,
            "curve": labels.iloc[:, 1 if len(curve) > 1 else 0 :].agg(" · ".join, axis=1),
            "x": numbers[x],
            "y": numbers[y],
            **({} if fitted is None else {"fitted": fitted}),
        }
    )[kept]
    notes = [] if kept.all() else [f"{int((~kept).sum())} of {len(frame)} rows repeat another exactly and were dropped"]
    group = curve[0] if len(curve) > 1 else "collection"
    return _collect(path.stem, x, y, group, table, notes, ahead)


def collect_study(
    tables: Tables, against: Literal["size", "tokens"] = "size", convention: str = "params_total", ahead: float = 1.0
) -> Collection:
    """The curves of a study: over size at each horizon, N counted by `convention`; or over tokens at each size.

    Held out is the largest size or longest horizon of each curve, and what lies beyond its `ahead`-th part. The trunk
    is the independent unit.
    """
    rows = select_runs(tables).rows
    x, by, symbol = (convention, "tokens", "D") if against == "size" else ("tokens", convention, "N")
    rows = rows[rows[x].notna() & rows[by].notna()].sort_values(by, kind="stable")
    table = pd.DataFrame(
        {
            "group": tables.study.name,
            "curve": [f"{symbol} = {format_count(value)}" for value in rows[by]],
            "x": rows[x],
            "y": rows["loss_nats"],
            "units": rows["trunk_key"],
            "keys": rows["run_key"],
        }
    )
    return _collect(tables.study.name, x, "loss_nats", "study", table, [], ahead)


def _collect(name: str, x: str, y: str, group: str, table: pd.DataFrame, notes: list[str], ahead: float) -> Collection:
    curves: list[Curve] = []
    uncut: list[Curve] = []
    for curve in _split_table(table, ahead):
        (curves if 0 < curve.fitted.sum() < len(curve.x) else uncut).append(curve)
    if uncut:
        names = ", ".join(f"{curve.group} {curve.name}" for curve in uncut[:3]) + (" …" if len(uncut) > 3 else "")
        notes.append(f"{len(uncut)} curves have no point to fit or none to forecast and were left out ({names})")
    if back := sum(curve.reaches_back for curve in curves):
        notes.append(f"{back} curves hold out points no dearer than some they fit, as their file says")
    if any(curve.units is None for curve in curves):
        notes.append("nobody said which points are independent runs: taken as independent, intervals are optimistic")
    return Collection(name, x, y, group, tuple(curves), tuple(notes))


def _split_table(table: pd.DataFrame, ahead: float) -> Iterator[Curve]:
    for (group, name), rows in table.groupby(["group", "curve"], sort=False):
        ordered = rows.sort_values("x", kind="stable")
        x = ordered["x"].to_numpy(float)
        fitted = ordered["fitted"].to_numpy(bool) if "fitted" in ordered else (x <= x.max() / ahead) & (x < x.max())
        units, keys = (ordered[c].to_numpy(str) if c in ordered else None for c in ("units", "keys"))
        yield Curve(str(group), str(name), x, ordered["y"].to_numpy(float), fitted, units, keys)


def _parse_split(column: pd.Series) -> pd.Series:
    numbers = pd.to_numeric(column, errors="coerce")
    bad = np.flatnonzero(~numbers.isin([0, 1]))
    if len(bad):
        shown = ", ".join(f"row {i + 1}: {str(column.iloc[i])!r}" for i in bad[:ROWS_NAMED])
        more = f" and {len(bad) - ROWS_NAMED} more" if len(bad) > ROWS_NAMED else ""
        raise InputError(f"column {column.name}", shown + more, "1 says fitted, 0 held out", "correct these rows")
    return numbers.eq(1)
