"""A plotly figure of ours as a matplotlib page of the same content: panels, axes, ticks, legend, notes, shapes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import accumulate, pairwise
from typing import Any

import matplotlib as mpl
import plotly.graph_objects as go
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Page
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.lines import Line2D
from matplotlib.patches import Polygon
from matplotlib.ticker import NullLocator
from matplotlib.transforms import Transform, blended_transform_factory

from lab.core.errors import InputError
from lab.figures.printing.text import convert_text
from lab.figures.printing.traces import BLACK, PX, check_trace, convert_color, convert_dash, draw_trace

STYLE: Any = {
    "font.family": "DejaVu Sans",  # ships with matplotlib, so the same on every machine
    "font.size": 7,
    "axes.titlesize": 7.5,
    "axes.labelsize": 7.5,
    "xtick.labelsize": 7,
    "ytick.labelsize": 7,
    "legend.fontsize": 7,
    "mathtext.fontset": "dejavusans",
    "axes.linewidth": 0.6,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.major.size": 2.5,
    "ytick.major.size": 2.5,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "pdf.fonttype": 42,  # TrueType outlines embedded, as journals ask
    "svg.fonttype": "none",  # text stays text
    "svg.hashsalt": "lab",
    "savefig.dpi": 300,
}


def render_matplotlib(figure: go.Figure, size: tuple[float, float]) -> Page:
    """The figure at `size` (width, height in inches); raises `InputError` for a mark or property paper cannot show."""
    with mpl.rc_context(STYLE):
        page = Page(figsize=size, layout=ConstrainedLayoutEngine(w_pad=0.03, h_pad=0.03))
        for trace in figure.data:
            check_trace(trace)
        panels = _lay_out(page, figure)
        _draw_traces(page, panels, figure)
        for pair, axes in panels.items():
            _set_axis(axes, "x", figure.layout[_axis_name(pair[0])])
            _set_axis(axes, "y", figure.layout[_axis_name(pair[1])])
            if figure.layout[_axis_name(pair[0])].visible is False:
                axes.set_axis_off()
        for annotation in figure.layout.annotations:
            _annotate(page, panels, annotation)
        for shape in figure.layout.shapes:
            _draw_shape(panels, shape)
        page.align_ylabels()
        # The tight layout is solved once, here, so that saving to several formats gives one picture.
        page.draw_without_rendering()
        page.set_layout_engine("none")
    return page


def _lay_out(page: Page, figure: go.Figure) -> dict[tuple[str, str], Axes]:
    """One pair of axes per panel, placed on a grid with the proportions of plotly's domains."""
    named = [(trace.xaxis or "x", trace.yaxis or "y") for trace in figure.data]
    pairs = list(dict.fromkeys([*named, *_pair_axes(figure)]))
    columns = _list_domains(figure, [pair[0] for pair in pairs])
    rows = _list_domains(figure, [pair[1] for pair in pairs])[::-1]
    grid = page.add_gridspec(
        len(rows), len(columns), height_ratios=[b - a for a, b in rows], width_ratios=[b - a for a, b in columns]
    )
    panels: dict[tuple[str, str], Axes] = {}
    for pair in pairs:
        row, column = rows.index(_domain(figure, pair[1])), columns.index(_domain(figure, pair[0]))
        share = {
            f"share{which}": next((axes for other, axes in panels.items() if _matches(figure, name, other[i])), None)
            for i, (which, name) in enumerate(zip("xy", pair, strict=True))
        }
        panels[pair] = page.add_subplot(grid[row, column], **share)
    return panels


def _pair_axes(figure: go.Figure) -> list[tuple[str, str]]:
    layout = figure.layout.to_plotly_json()
    names = sorted(key.replace("axis", "") for key in layout if key.startswith("xaxis"))
    return [(name, (layout[_axis_name(name)].get("anchor") or f"y{name[1:]}")) for name in names] or [("x", "y")]


def _draw_traces(page: Page, panels: dict[tuple[str, str], Axes], figure: go.Figure) -> None:
    handles: dict[int, Any] = {}
    for position, trace in enumerate(figure.data):
        if trace.visible not in (False, "legendonly"):
            handles[position] = draw_trace(panels[trace.xaxis or "x", trace.yaxis or "y"], trace)
    entries = _list_entries(figure)
    labels = [label for _, label in entries]
    if entries:
        page.legend(
            [handles[position] for position, _ in entries], labels, loc="outside upper left", frameon=False,
            ncols=_count_columns(labels, page.get_figwidth()), handlelength=2.2, columnspacing=1.2, handletextpad=0.5,
            borderpad=0.2, labelspacing=0.3, alignment="left",
        )  # fmt: skip


def choose_height(figure: go.Figure, width: float) -> float:
    """The height, inches, that gives the panels plotly's proportions at `width` inches, the legend above them extra."""
    labels = [label for _, label in _list_entries(figure)]
    rows = math.ceil(len(labels) / _count_columns(labels, width)) if labels else 0
    return 0.4 + (figure.layout.height or 450) / 460 * (1.6 + 0.25 * width) + 0.135 * rows


def _list_entries(figure: go.Figure) -> list[tuple[int, str]]:
    """Position and label of every trace the legend names, in its order; none where it would name a single one."""
    named = [
        (trace.legendrank or 1000, position, convert_text(trace.name))
        for position, trace in enumerate(figure.data)
        if trace.name and trace.showlegend is not False and trace.visible not in (False, "legendonly")
    ]
    wanted = figure.layout.showlegend
    shown = named if wanted or (wanted is None and len(named) > 1) else []
    return [(position, label) for _, position, label in sorted(shown)]


def _count_columns(labels: Sequence[str], width: float) -> int:
    """The most columns of labels that fit side by side on `width` inches: the legend never covers a mark."""
    room = [len(label) * 4.2 + 32 for label in labels]  # points: 7 pt letters, handle and spacing
    columns = range(1, len(labels) + 1)
    return max((n for n in columns if sum(max(w) for w in _fill_columns(room, n)) <= width * 72), default=1)


def _fill_columns(items: list[float], columns: int) -> list[list[float]]:
    """The items as matplotlib spreads them: down the columns, the first ones one longer where it does not divide."""
    short, longer = divmod(len(items), columns)
    ends = [0, *accumulate(short + (column < longer) for column in range(columns))]
    return [items[start:end] for start, end in pairwise(ends)]


def _set_axis(axes: Axes, which: str, layout: Any) -> None:
    if layout.type == "log":
        axes.set(**{f"{which}scale": "log"})
        (axes.xaxis if which == "x" else axes.yaxis).set_minor_locator(NullLocator())
    if layout.range is not None:
        low, high = (10**end if layout.type == "log" else end for end in layout.range)
        axes.set(**{f"{which}lim": (low, high)})
    if layout.tickvals is not None:
        texts = layout.ticktext if layout.ticktext is not None else [f"{value:g}" for value in layout.tickvals]
        axes.set(**{f"{which}ticks": list(layout.tickvals), f"{which}ticklabels": [convert_text(t) for t in texts]})
    if layout.showticklabels is False:
        axes.tick_params(axis="x" if which == "x" else "y", **{f"label{'bottom' if which == 'x' else 'left'}": False})
    if layout.showgrid:
        axes.grid(True, axis="x" if which == "x" else "y", color=convert_color(layout.gridcolor), linewidth=0.5)
    if layout.title.text:
        axes.set(**{f"{which}label": convert_text(layout.title.text)})


def _annotate(page: Page, panels: dict[tuple[str, str], Axes], note: Any) -> None:
    if note.showarrow is not False:
        raise InputError("print of an annotation", note.text, "paper shows text without an arrow", "showarrow=False")
    axes = _find_panel(panels, note)
    # Plotly gives the place on a logarithmic axis as its exponent.
    x = 10**note.x if not _in_fractions(note.xref) and axes.get_xscale() == "log" else note.x
    y = 10**note.y if not _in_fractions(note.yref) and axes.get_yscale() == "log" else note.y
    alone = len(panels) == 1 or (note.xref, note.yref) != ("paper", "paper")
    text = axes.text(
        x,
        y,
        convert_text(note.text),
        transform=_place(axes, note) if alone else page.transSubfigure,
        ha={"left": "left", "right": "right"}.get(note.xanchor, "center"),
        va={"top": "top", "bottom": "bottom"}.get(note.yanchor, "center"),
        multialignment=note.align or "center",
        rotation=-(note.textangle or 0),
        color=convert_color(note.font.color or BLACK),
        fontsize=7,
        zorder=6,
    )
    text.set_in_layout(False)


def _draw_shape(panels: dict[tuple[str, str], Axes], shape: Any) -> None:
    """A straight line or a rectangle, in data or domain coordinates."""
    axes = _find_panel(panels, shape)
    (x0, x1), (y0, y1) = (shape.x0, shape.x1), (shape.y0, shape.y1)
    if shape.type == "line":
        line = Line2D((x0, x1), (y0, y1), transform=_place(axes, shape), zorder=2)
        line.set(color=convert_color(shape.line.color or BLACK), linestyle=convert_dash(shape.line.dash))
        line.set_linewidth(PX * (shape.line.width or 1.5))
        axes.add_artist(line)
    elif shape.type == "rect":
        face = convert_color(shape.fillcolor or BLACK, shape.opacity)
        corners = [(x0, y0), (x1, y0), (x1, y1), (x0, y1)]
        axes.add_artist(Polygon(corners, transform=_place(axes, shape), facecolor=face, linewidth=0, zorder=0.5))
    else:
        raise InputError("print of a shape", shape.type, "paper shows 'line' and 'rect'", "draw a trace in its place")


def _find_panel(panels: dict[tuple[str, str], Axes], item: Any) -> Axes:
    """The axes an annotation or a shape refers to; the first ones where it refers to the page."""
    x, y = ((reference or which).split(" ")[0] for which, reference in (("x", item.xref), ("y", item.yref)))
    return next(axes for pair, axes in panels.items() if x in (pair[0], "paper") and y in (pair[1], "paper"))


def _place(axes: Axes, item: Any) -> Transform:
    across, along = (axes.transAxes if _in_fractions(r) else axes.transData for r in (item.xref, item.yref))
    return blended_transform_factory(across, along)


def _in_fractions(reference: str | None) -> bool:
    return reference is not None and (reference == "paper" or str(reference).endswith("domain"))


def _axis_name(short: str) -> str:
    return f"{short[0]}axis{short[1:]}"


def _domain(figure: go.Figure, name: str) -> tuple[float, float]:
    low, high = figure.layout[_axis_name(name)].domain or (0.0, 1.0)
    return round(low, 6), round(high, 6)


def _list_domains(figure: go.Figure, names: list[str]) -> list[tuple[float, float]]:
    return sorted({_domain(figure, name) for name in names})


def _matches(figure: go.Figure, name: str, other: str) -> bool:
    mine, theirs = (figure.layout[_axis_name(axis)].matches for axis in (name, other))
    return bool(mine == other or theirs == name)
