"""A figure as files: PDF, SVG and PNG at a journal's column width, HTML for the screen, its CSV, a caption."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import matplotlib as mpl
import pandas as pd
import plotly.graph_objects as go
from matplotlib.figure import Figure as Page

from lab.core.errors import InputError, UnknownNameError
from lab.core.registry import open_shelf
from lab.figures import Figure, draw_figure, list_run_keys
from lab.figures.printing.page import write_page
from lab.figures.printing.renderer import STYLE, choose_height, render_matplotlib
from lab.tables import Tables

Width = Literal["single", "double"]
WIDTHS: dict[str, float] = {"single": 3.5, "double": 7.2}  # inches; 89 and 183 mm, as Nature and Science set them
FORMATS = ("pdf", "svg", "png", "html", "csv")
# Dates, versions and random ids stay out, so that a re-run gives the same bytes.
_METADATA: dict[str, dict[str, Any]] = {
    "pdf": {"CreationDate": None, "ModDate": None, "Producer": None, "Creator": None},
    "svg": {"Date": None, "Creator": None},
    "png": {"Software": None},
}


def export_figure(
    name: str,
    tables: Tables,
    options: Mapping[str, Any],
    folder: Path,
    formats: Sequence[str] = FORMATS,
    width: str = "single",
) -> list[Path]:
    """Write `folder/name.FORMAT` for every format and the caption `name.md`; returns the paths, caption last.

    Raises `InputError` for an unknown format, width or option, and where the folder cannot be written.
    """
    check_print(formats, width)
    frame, drawing = draw_figure(name, tables, options)
    return save_figure(name, tables, frame, drawing, folder, formats, width)


def save_figure(
    name: str,
    tables: Tables,
    frame: pd.DataFrame,
    drawing: go.Figure,
    folder: Path,
    formats: Sequence[str] = FORMATS,
    width: str = "single",
) -> list[Path]:
    """`export_figure` for a figure that is drawn already."""
    check_print(formats, width)
    figure: Figure = open_shelf("figures").load(name)
    caption = figure.caption(frame, tables)
    paths = {kind: Path(folder) / f"{name}.{kind}" for kind in formats}
    try:
        Path(folder).mkdir(parents=True, exist_ok=True)
        if printed := [kind for kind in paths if kind in _METADATA]:
            page = render_matplotlib(drawing, (WIDTHS[width], choose_height(drawing, WIDTHS[width])))
            for kind in printed:
                save_page(page, kind, paths[kind])
        if "html" in paths:
            write_page(paths["html"], f"{figure.title} · {tables.study.name}", {name: drawing}, caption)
        if "csv" in paths:
            write_csv(frame, paths["csv"])
        note = Path(folder) / f"{name}.md"
        note.write_text(describe_figure(figure, frame, caption), encoding="utf-8")
    except OSError as error:
        raise InputError(f"folder {folder}", str(error), "must be writable", "choose another with --to") from error
    return [*paths.values(), note]


def check_print(formats: Sequence[str], width: str) -> None:
    """Raises `UnknownNameError` for a format or a width that is none."""
    for kind in formats:
        if kind not in FORMATS:
            raise UnknownNameError.among("format", kind, FORMATS)
    if width not in WIDTHS:
        raise UnknownNameError.among("width", width, WIDTHS)


def write_csv(frame: pd.DataFrame, path: Path) -> None:
    """The frame as CSV. Text that a spreadsheet would take for a formula is led by an apostrophe."""
    safe = frame.copy()
    for column in safe.columns[[dtype.kind not in "biuf" for dtype in safe.dtypes]]:
        safe[column] = safe[column].map(_disarm)
    safe.columns = pd.Index([_disarm(name) for name in safe.columns])
    path.write_text(safe.to_csv(index=False, lineterminator="\n"), encoding="utf-8")


def describe_figure(figure: Figure, frame: pd.DataFrame, caption: str) -> str:
    """The caption file: Markdown, with the keys of all runs shown."""
    keys = list_run_keys(frame)
    listed = "\n".join(f"- `{key}`" for key in keys)
    return f"# {figure.title}\n\n{caption}\n" + (f"\n## Runs shown\n\n{listed}\n" if keys else "")


def save_page(page: Page, kind: str, path: Path) -> None:
    """Save a rendered page as 'pdf', 'svg' or 'png'; the same page gives the same bytes."""
    with mpl.rc_context(STYLE):
        page.savefig(path, format=kind, metadata=_METADATA[kind], facecolor="white")


def _disarm(cell: Any) -> Any:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n")) else cell
