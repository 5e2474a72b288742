"""Plotly traces as matplotlib artists: scatter with bands and error bars, bar, heatmap, contour.

Every property a trace sets must be one that is drawn here or one without meaning on paper (`_SCREEN_ONLY`); all else is
refused, so that a print never shows less than the screen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import plotly.graph_objects as go
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, to_rgba
from plotly.colors import get_colorscale

from lab.core.errors import InputError
from lab.figures.ink.palette import PRINT_INK

BLACK = "#1a1a1a"  # what has no colour of its own
PX = 0.62  # points on paper per pixel on screen: a marker of 8 px is one of 5 pt
_MARKERS = {
    "circle": "o", "square": "s", "diamond": "D", "triangle-up": "^", "triangle-down": "v", "pentagon": "p",
    "hexagon": "h", "cross": "P", "x": "X", "star": "*", "x-thin": "x", "cross-thin": "+", "line-ew": "_",
}  # fmt: skip
_DASHES = {
    "solid": "-", "dash": (0, (4, 2)), "dot": (0, (1, 1.6)), "dashdot": (0, (4, 1.6, 1, 1.6)), "longdash": (0, (8, 2)),
    "longdashdot": (0, (8, 2, 1, 2)),
}  # fmt: skip
_SCREEN_ONLY = {
    "type", "hovertemplate", "hoverinfo", "customdata", "hoverlabel", "hovertext", "legendgroup", "xaxis", "yaxis",
    "showlegend", "legendrank", "uid", "meta", "connectgaps",
}  # fmt: skip
_ERRORS = ("type", "symmetric", "array", "arrayminus", "color", "thickness", "width", "visible")
_SURFACE = {"x", "y", "z", "name", "opacity", "colorscale", "reversescale", "zmin", "zmax", "showscale"}
_DRAWN = {
    "scatter": {
        "x", "y", "mode", "name", "opacity", "fill", "fillcolor", "line.color", "line.dash", "line.width", "line.shape",
        "marker.color", "marker.symbol", "marker.size", "marker.opacity", "marker.line.color", "marker.line.width",
        *(f"error_{axis}.{name}" for axis in "xy" for name in _ERRORS),
    },
    "bar": {
        "x", "y", "name", "opacity", "width", "base", "marker.color", "marker.line.color", "marker.line.width",
        *(f"error_y.{name}" for name in _ERRORS),
    },
    "heatmap": {*_SURFACE, "colorbar.title.text"},
    "contour": {
        *_SURFACE, "colorbar.title.text", "contours.coloring", "contours.start", "contours.end", "contours.size",
        "contours.showlabels", "ncontours", "line.color", "line.width", "line.dash",
    },
}  # fmt: skip


def check_trace(trace: Any) -> None:
    """Raise `InputError` where the trace, or a property it sets, cannot be shown on paper."""
    if trace.type not in _PAINTERS:
        raise InputError("print of a trace", trace.type, f"paper shows {', '.join(_PAINTERS)}", "draw it with those")
    for name in _flatten(trace.to_plotly_json()):
        if name not in _DRAWN[trace.type] and name.split(".")[0] not in _SCREEN_ONLY:
            raise InputError(f"print of a {trace.type} trace", name, "has no counterpart on paper", "draw it otherwise")


def draw_trace(axes: Axes, trace: Any) -> Any:
    """Draw one checked trace and return what its legend entry shows."""
    return _PAINTERS[trace.type](axes, trace)


def convert_color(color: Any, opacity: float | None = None) -> tuple[float, float, float, float]:
    """A colour of plotly as RGBA, the screen's neutral inks as those of paper."""
    color = PRINT_INK.get(color, color)
    if isinstance(color, str) and color.startswith("rgb"):
        numbers = [float(part) for part in color[color.index("(") + 1 : -1].split(",")]
        color = (*(part / 255 for part in numbers[:3]), *numbers[3:])
    red, green, blue, alpha = to_rgba(color)
    return red, green, blue, alpha * (1.0 if opacity is None else opacity)


def convert_dash(dash: str | None) -> Any:
    """A dash pattern of plotly as one of matplotlib."""
    return _DASHES[dash or "solid"]


def _flatten(table: Mapping[str, Any], head: str = "") -> Iterator[str]:
    for key, value in table.items():
        if isinstance(value, Mapping) and not {"dtype", "bdata"} <= set(value):
            yield from _flatten(value, f"{head}{key}.")
        elif value is not None:
            yield f"{head}{key}"


def _paint_scatter(axes: Axes, trace: go.Scatter) -> Any:
    mode = trace.mode or "lines"
    color = convert_color(trace.line.color or trace.marker.color or BLACK)
    handles: list[Artist] = []
    if trace.fill == "toself":
        face = convert_color(trace.fillcolor or trace.line.color, trace.opacity)
        handles.append(axes.fill(_numbers(trace.x), _numbers(trace.y), facecolor=face, linewidth=0, zorder=2)[0])
    elif trace.fill not in (None, "none"):
        raise InputError("print of a scatter trace", trace.fill, "paper fills 'toself' only", "use add_band")
    if "lines" in mode and trace.line.width != 0:
        [line] = axes.plot(_values(trace.x), _values(trace.y), color=color, alpha=trace.opacity, zorder=3)
        line.set_linestyle(convert_dash(trace.line.dash))
        line.set_linewidth(PX * (2.0 if trace.line.width is None else trace.line.width))
        line.set_drawstyle("steps-post" if trace.line.shape == "hv" else "default")
        handles.append(line)
    if "markers" in mode:
        handles += axes.plot(_values(trace.x), _values(trace.y), linestyle="none", **_convert_marker(trace), zorder=4)
    for which in ("x", "y"):
        _paint_errors(axes, trace, which)
    return tuple(handles) if len(handles) > 1 else handles[0] if handles else None


def _convert_marker(trace: go.Scatter) -> dict[str, Any]:
    marker = trace.marker
    symbol = marker.symbol or "circle"
    hollow = symbol.endswith("-open")
    base = symbol.removesuffix("-open")
    if base not in _MARKERS:
        raise InputError("print of a marker", symbol, f"paper has {', '.join(_MARKERS)}", "choose one of them")
    opacity = (1.0 if trace.opacity is None else trace.opacity) * (1.0 if marker.opacity is None else marker.opacity)
    color = convert_color(marker.color or BLACK)
    edge = color if hollow or marker.line.color is None else convert_color(marker.line.color)
    return {
        "marker": _MARKERS[base],
        "markersize": PX * (6 if marker.size is None else marker.size),
        "markerfacecolor": "none" if hollow else color,
        "markeredgecolor": edge,
        "markeredgewidth": PX * (1.2 if hollow or marker.line.width is None else marker.line.width),
        "alpha": opacity,
    }


def _paint_errors(axes: Axes, trace: Any, which: str) -> None:
    bars = trace[f"error_{which}"]
    if bars.array is None or bars.visible is False:
        return
    upper = _numbers(bars.array)
    lower = _numbers(bars.arrayminus) if bars.arrayminus is not None else upper
    shown = np.isfinite(upper) & np.isfinite(lower)
    x, y = np.asarray(_values(trace.x))[shown], np.asarray(_values(trace.y))[shown]
    reach = np.vstack([lower[shown], upper[shown]])
    axes.errorbar(
        x,
        y,
        yerr=reach if which == "y" else None,
        xerr=reach if which == "x" else None,
        fmt="none",
        ecolor=convert_color(bars.color or trace.marker.color or BLACK),
        elinewidth=PX * (1.4 if bars.thickness is None else bars.thickness),
        capsize=PX * (3 if bars.width is None else bars.width),
        capthick=PX,
        zorder=3.5,
    )


def _paint_bar(axes: Axes, trace: go.Bar) -> Any:
    face = convert_color(trace.marker.color or BLACK, trace.opacity)
    edge = "none" if trace.marker.line.color is None else convert_color(trace.marker.line.color)
    x: Any = _values(trace.x)
    width = 0.8 if trace.width is None else trace.width
    bars = axes.bar(x, _numbers(trace.y), width, bottom=trace.base, color=face, edgecolor=edge, zorder=3)
    _paint_errors(axes, trace, "y")
    return bars


def _paint_heatmap(axes: Axes, trace: go.Heatmap) -> Any:
    mesh = axes.pcolormesh(
        *_read_grid(trace),
        cmap=_convert_scale(trace),
        vmin=trace.zmin,
        vmax=trace.zmax,
        alpha=trace.opacity,
        shading="nearest",
        zorder=1,
        linewidth=0,
    )
    _add_colorbar(axes, trace, mesh)


def _paint_contour(axes: Axes, trace: go.Contour) -> Any:
    levels: Any = trace.ncontours or 10
    if trace.contours.size:
        start, end, step = trace.contours.start, trace.contours.end, trace.contours.size
        levels = start + step * np.arange(int((end - start) / step + 1e-9) + 1)
    filled = trace.contours.coloring in (None, "fill", "heatmap")
    shared = {"levels": levels, "vmin": trace.zmin, "vmax": trace.zmax, "alpha": trace.opacity, "zorder": 2}
    if filled:
        surface = axes.contourf(*_read_grid(trace), cmap=_convert_scale(trace), extend="both", **shared)
        _add_colorbar(axes, trace, surface)
        return
    ink = {"colors": [convert_color(trace.line.color)]} if trace.line.color else {"cmap": _convert_scale(trace)}
    width = PX * (1.4 if trace.line.width is None else trace.line.width)
    lines = axes.contour(
        *_read_grid(trace), linewidths=width, linestyles=[convert_dash(trace.line.dash)], **ink, **shared
    )
    if trace.contours.showlabels:
        axes.clabel(lines, fontsize=6)


def _read_grid(trace: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    z = np.asarray(trace.z, float)
    x = np.arange(z.shape[1]) if trace.x is None else _values(trace.x)
    y = np.arange(z.shape[0]) if trace.y is None else _values(trace.y)
    return x, y, z


def _convert_scale(trace: Any) -> LinearSegmentedColormap:
    scale = trace.colorscale or get_colorscale("Viridis")
    colors = [convert_color(color) for _, color in scale]
    stops = [float(stop) for stop, _ in scale]
    if trace.reversescale:
        stops, colors = [1 - stop for stop in reversed(stops)], colors[::-1]
    return LinearSegmentedColormap.from_list("plotly", list(zip(stops, colors, strict=True)))


def _add_colorbar(axes: Axes, trace: Any, mappable: Any) -> None:
    if trace.showscale is False:
        return
    bar = axes.figure.colorbar(mappable, ax=axes, pad=0.02, aspect=30)
    bar.set_label(trace.colorbar.title.text or "")
    bar.outline.set_linewidth(0.6)


def _values(values: Any) -> np.ndarray:
    array = np.asarray(values)
    return array.astype(float) if array.dtype.kind in "biuf" or None in array.tolist() else array


def _numbers(values: Any) -> np.ndarray:
    return np.asarray(values, dtype=float)


_PAINTERS: dict[str, Callable[[Axes, Any], Any]] = {
    "scatter": _paint_scatter,
    "bar": _paint_bar,
    "heatmap": _paint_heatmap,
    "contour": _paint_contour,
}
