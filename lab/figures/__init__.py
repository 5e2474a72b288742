"""Floor 5: a study's tables as figures. One file is one figure and exposes `figure`.

`prepare` holds all the numbers and gives one tidy frame; `draw` holds only ink. The same frame is the CSV behind the
figure, the same plotly figure is shown in the browser and printed (`lab.figures.printing`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from lab.core.columns import describe_column
from lab.core.dials import build_from_dials
from lab.core.fingerprint import KEY_LENGTH, hash_literal
from lab.core.registry import open_shelf
from lab.figures.ink.notice import draw_notice

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go

    from lab.tables import Tables


@dataclass(frozen=True)
class Range:
    """Bounds of a numeric option, `Annotated[float, Range(0.5, 0.99, 0.01)]`: a slider on screen."""

    low: float
    high: float
    step: float


@dataclass(frozen=True)
class NoOptions:
    """Options of a figure that has none."""


@dataclass(frozen=True)
class Figure:
    """A figure of the shelf.

    `options` is a frozen dataclass of dials: a literal, a bool, or a number annotated with its `Range`.
    `prepare(tables, options)` gives a tidy frame with a row per mark; runs are named in `run_key`. Its `attrs` may
    hold `x` and `y` (columns on the axes), `y_unit` (where it is not the column's), `notes` (sentences for the caption:
    what was fitted, left out, refused) and, where the frame is empty, `missing` (why, and what to run). `draw(frame)`
    is never given an empty frame.
    `page` is the page of the dashboard it stands on, under its `topic`.
    """

    title: str
    topic: str
    prepare: Callable[[Tables, Any], pd.DataFrame]
    draw: Callable[[pd.DataFrame], go.Figure]
    options: type = NoOptions
    page: str = "scaling"

    def caption(self, frame: pd.DataFrame, tables: Tables) -> str:
        """Plain text: title, axes with units, what the marks mean, what was left out, and the runs shown."""
        columns = {axis: describe_column(frame.attrs[axis]) for axis in ("y", "x") if axis in frame.attrs}
        units = {axis: frame.attrs.get(f"{axis}_unit", column.unit) for axis, column in columns.items()}
        axes = [replace(column, unit=units[axis]).label for axis, column in columns.items()]
        against = " against ".join(label if i else label[:1].upper() + label[1:] for i, label in enumerate(axes))
        sentences = [f"{self.title}. Study {tables.study.name}.", against]
        keys = list_run_keys(frame)
        runs = f"{len(keys)} runs, keys hashed to {hash_literal(keys)[:KEY_LENGTH]}" if keys else ""
        parts = [*sentences, *frame.attrs.get("notes", ()), frame.attrs.get("missing", ""), runs]
        return " ".join(part if part.endswith((".", "?", "!")) else f"{part}." for part in parts if part)


def draw_figure(name: str, tables: Tables, options: Mapping[str, Any]) -> tuple[pd.DataFrame, go.Figure]:
    """The figure called `name` with the frame behind it; raises `UnknownNameError` or `InputError` for an option."""
    figure: Figure = open_shelf("figures").load(name)
    frame = figure.prepare(tables, build_from_dials(figure.options, options, f"figure {name}"))
    if frame.empty:
        return frame, draw_notice(figure.title, frame.attrs["missing"])
    return frame, figure.draw(frame)


def list_figures(first: Sequence[str] = (), page: str = "") -> list[str]:
    """Names of figures, those in `first` before the others: of one page, or of every page that `first` stands on.

    `first` is what a sweep names; with neither, the figures of the page 'scaling', which any runs can fill.
    """
    shelf = open_shelf("figures")
    named = [name for name in first if name in shelf.names()]
    pages = {page} if page else {shelf.load(name).page for name in named} or {"scaling"}
    ordered = [*named, *(name for name in shelf.names() if name not in named)]
    return [name for name in ordered if shelf.load(name).page in pages]


def list_run_keys(frame: pd.DataFrame) -> list[str]:
    """The keys of the runs a prepared frame shows, sorted."""
    return sorted(frame["run_key"].dropna().unique()) if "run_key" in frame else []
