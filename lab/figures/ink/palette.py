"""Colours that stay apart for every eye, on white and on black; each group has its own marker and dash besides.

After Okabe and Ito 2008 (Color Universal Design); yellow and black are left out, one vanishes on white, the other on
black, and orange and sky blue are darkened so that every mark has a contrast of at least 3 : 1 on both.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from typing import TypeVar

BLUE, VERMILION, GREEN, PURPLE, ORANGE, SKY = "#0072b2", "#d55e00", "#009e73", "#c9709f", "#c48200", "#3a97cc"
INK = "#777b82"  # text, axes and references on screen: 4 : 1 on white and on near-black
FAINT = "rgba(119, 123, 130, 0.25)"  # grid lines
GREY = "#9a9da3"  # what was left out
PRINT_INK = {INK: "#1a1a1a", FAINT: "#e3e3e3", GREY: "#9a9da3"}  # what those become on paper

_COLORS = (BLUE, VERMILION, GREEN, PURPLE, ORANGE, SKY)
_SYMBOLS = ("circle", "square", "diamond", "triangle-up", "triangle-down", "pentagon", "hexagon")
_DASHES = ("solid", "dash", "dot", "dashdot", "longdash")

K = TypeVar("K", bound=Hashable)


@dataclass(frozen=True)
class Look:
    """How a group is drawn. `symbol` and `dash` are plotly's names."""

    color: str
    symbol: str
    dash: str

    def shade(self, opacity: float) -> str:
        """The colour as rgba, for a band."""
        red, green, blue = (int(self.color[i : i + 2], 16) for i in (1, 3, 5))
        return f"rgba({red}, {green}, {blue}, {opacity})"


def choose_looks(groups: Iterable[K]) -> dict[K, Look]:
    """A look for every group, in the order given; no two of the first 42 share colour and marker."""
    return {
        group: Look(_COLORS[i % len(_COLORS)], _SYMBOLS[i % len(_SYMBOLS)], _DASHES[i % len(_DASHES)])
        for i, group in enumerate(groups)
    }


NEUTRAL = Look(INK, "circle", "dash")
EXCLUDED = Look(GREY, "x-thin", "dot")
