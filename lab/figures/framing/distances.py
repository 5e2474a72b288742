"""What the figures of distances share: names that fit an axis, what the numbers mean, what to run for them."""

from __future__ import annotations

from html import escape

import pandas as pd

from lab.analysis.complexity.distances import DistanceMap
from lab.figures.framing.series import make_empty
from lab.tables import Tables

NCD = "ncd"
LONGEST_NAME = 16  # characters


def shorten_name(name: str) -> str:
    """A name for an axis: its end, which tells files apart, where it is long; no markup."""
    return escape(name if len(name) <= LONGEST_NAME else "…" + name[-LONGEST_NAME + 1 :])


def describe_map(found: DistanceMap) -> list[str]:
    """The code, and what the ends of the scale mean."""
    return [f"Code: {found.code}", "0: one tells all of the other; 1: nothing in common as far as the code sees"]


def make_empty_map(tables: Tables) -> pd.DataFrame:
    """An empty frame that says how to compare objects."""
    sweep, preset = tables.study.sweep or "kolmogorov_bounds", tables.study.preset or "smoke"
    step = f"Compare some\nlab ncd FILES --to FOLDER\nor run\nlab run {sweep} --preset {preset}"
    return make_empty(tables, "No pair of objects with a distance.", step)
