"""Axes: logarithmic or linear, labelled from `lab.core.columns`, with few round ticks that are set here and not later.

Ticks are set in the figure, values and text, so that screen and print show the same ones.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np
import plotly.graph_objects as go

from lab.core.columns import Column, describe_column
from lab.core.units import format_count

MOST_TICKS = 6
_MANTISSAS = ((1.0,), (1.0, 3.0), (1.0, 2.0, 5.0), (1.0, 1.5, 2.0, 3.0, 5.0, 7.0))
_SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_COUNTED = {"tokens", "parameters", "bits", "s"}


def set_log_axis(
    figure: go.Figure, which: str, values: Iterable[float], column: str, row: int = 1, title: str | None = None
) -> None:
    """Make axis `which` ('x' or 'y') of panel `row` logarithmic over the positive finite `values`."""
    finite = _keep(values, positive=True)
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (1.0, 10.0)
    pad = max(0.05 * math.log10(high / low), 0.02) if high > low else 0.3
    low, high = low * 10**-pad, high * 10**pad
    ticks = list_log_ticks(low, high)
    _set_axis(figure, which, row, "log", (math.log10(low), math.log10(high)), ticks, describe_column(column), title)


def set_linear_axis(
    figure: go.Figure, which: str, values: Iterable[float], column: str, row: int = 1, title: str | None = None
) -> None:
    """Make axis `which` ('x' or 'y') of panel `row` linear over the finite `values`."""
    finite = _keep(values, positive=False)
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
    pad = 0.06 * (high - low) or max(abs(high), 1.0) * 0.05
    low, high = low - pad, high + pad
    ticks = list_linear_ticks(low, high)
    _set_axis(figure, which, row, "linear", (low, high), ticks, describe_column(column), title)


def list_log_ticks(low: float, high: float, most: int = MOST_TICKS) -> list[float]:
    """Round numbers within [low, high]: the sparsest of decades, 1–3, 1–2–5 … that gives three, and at most `most`."""
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    choices = [[10.0**k for k in range(first, last + 1) if k % step == 0] for step in (6, 3, 2, 1)]
    choices += [[m * 10.0**k for k in range(first, last + 1) for m in ms] for ms in _MANTISSAS[1:]]
    if high / low < 3:
        choices.append(list_linear_ticks(low, high, most))
    inside = [[_tidy(t) for t in ticks if low <= t <= high] for ticks in choices]
    allowed = [ticks for ticks in inside if len(ticks) <= most]
    return next((ticks for ticks in allowed if len(ticks) >= 3), max(allowed, key=len))


def list_linear_ticks(low: float, high: float, most: int = MOST_TICKS) -> list[float]:
    """Multiples within [low, high] of the smallest step 1, 2 or 5 · 10^k that gives at most `most`."""
    span = high - low
    k = math.floor(math.log10(span / most))
    for step in (m * 10.0**j for j in (k, k + 1) for m in (1, 2, 5)):
        ticks = [_tidy(i * step) for i in range(math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9) + 1)]
        if len(ticks) <= most:
            return ticks
    return []


def format_tick(value: float, unit: str) -> str:
    """A tick's text: '2 M' for counts, '3·10¹⁴' for FLOP, the plain number otherwise."""
    if unit == "FLOP" and value > 0:
        exponent = math.floor(math.log10(value) + 1e-9)
        mantissa = value / 10.0**exponent
        power = f"10{str(exponent).translate(_SUPERSCRIPT)}"
        return power if math.isclose(mantissa, 1) else f"{mantissa:.3g}·{power}"
    if unit in _COUNTED and abs(value) >= 1000:
        return format_count(value)
    return f"{value:g}".replace("-", "−")


def _set_axis(
    figure: go.Figure,
    which: str,
    row: int,
    kind: str,
    span: tuple[float, float],
    ticks: Sequence[float],
    column: Column,
    title: str | None,
) -> None:
    label = column.label if title is None else title
    update = figure.update_xaxes if which == "x" else figure.update_yaxes
    update(
        type=kind,
        range=list(span),
        tickmode="array",
        tickvals=list(ticks),
        ticktext=[format_tick(tick, column.unit) for tick in ticks],
        title_text=label[:1].upper() + label[1:],
        row=row,
        col=1,
    )


def _keep(values: Iterable[float], positive: bool) -> np.ndarray:
    array: np.ndarray = np.asarray(list(values), dtype=float)
    known = np.isfinite(array) & (array > 0) if positive else np.isfinite(array)
    return np.extract(known, array)


def _tidy(value: float) -> float:
    return float(f"{value:.12g}")
