"""Writing a report: the document is composed once and written as HTML and as Markdown, with every figure beside it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from lab.core.errors import InputError
from lab.core.registry import open_shelf
from lab.figures import Figure, draw_figure, list_figures
from lab.figures.printing import save_figure
from lab.report.content import compose_sections
from lab.report.document import Exhibit
from lab.report.judging import find_sweep
from lab.report.markdown import write_markdown
from lab.report.webpage import write_webpage
from lab.tables import Tables

PRINTED = ("pdf", "svg", "png", "csv")  # the page itself shows every figure live


@dataclass(frozen=True)
class ReportPaths:
    """Where a report was written; `figures` holds every file of every figure."""

    html: Path
    markdown: Path
    figures: tuple[Path, ...]


def write_report(tables: Tables, folder: Path) -> ReportPaths:
    """Write `report.html`, `report.md` and `figures/` into `folder`; raises `InputError` where it cannot be written."""
    folder = Path(folder)
    sweep = find_sweep(tables)
    title = sweep.title if sweep else f"Study {tables.study.name}"
    exhibits, figures = [], []
    for name in sweep.figures if sweep else list_figures():
        figure: Figure = open_shelf("figures").load(name)
        frame, drawing = draw_figure(name, tables, {})
        figures += save_figure(name, tables, frame, drawing, folder / "figures", PRINTED, "double")
        image = PurePosixPath("figures", f"{name}.png")
        exhibits.append(Exhibit(name, figure.title, drawing, figure.caption(frame, tables), image))
    sections = compose_sections(tables, sweep, exhibits)
    paths = ReportPaths(folder / "report.html", folder / "report.md", tuple(figures))
    try:
        paths.html.write_text(write_webpage(title, sections), encoding="utf-8")
        paths.markdown.write_text(write_markdown(title, sections), encoding="utf-8")
    except OSError as error:
        raise InputError(f"folder {folder}", str(error), "must be writable", "choose another with --to") from error
    return paths
