"""Methods held against sources: which of them a figure shows, what they are called, and the runs behind it."""

from __future__ import annotations

from html import escape
from typing import Literal

import pandas as pd

from lab.analysis.complexity.estimator_calibration import collect_points
from lab.tables import Tables

Group = Literal["codes", "entropy_rate", "excess_entropy", "statistical_complexity"]
"""What is held against the truth: codes read as entropy rates, or the estimators of one quantity."""

TITLES = {
    "codes": "entropy rate h per symbol, by codes",
    "entropy_rate": "entropy rate h per symbol, by estimators",
    "excess_entropy": "excess entropy E",
    "statistical_complexity": "statistical complexity C_μ",
}


UNITS = {
    "codes": "bits/symbol",
    "entropy_rate": "bits/symbol",
    "excess_entropy": "bits",
    "statistical_complexity": "bits",
}
"""Of what a group estimates."""


def select_group(tables: Tables, group: Group) -> pd.DataFrame:
    """The points of one group, `lab.analysis.complexity.estimator_calibration.collect_points`."""
    points = collect_points(tables)
    is_estimator = points["method_kind"] == "estimator"
    mine = ~is_estimator if group == "codes" else is_estimator & (points["quantity"] == group)
    return points[mine]


def list_runs(points: pd.DataFrame) -> pd.DataFrame:
    """A row of mark 'run' for every run behind the points."""
    return points[["run_key"]].drop_duplicates().assign(mark="run")


def spell_label(name: str) -> str:
    """A method or source as a tick: no underscores, its dials on a line of their own."""
    return escape(name.replace("_", " ")).replace(" (", "<br>(")
