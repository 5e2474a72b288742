"""What the figures of description length have in common: names of the codes, the data shown, means over seeds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import pandas as pd

from lab.figures.framing.series import average_seeds, make_empty
from lab.tables import Tables

TITLES = {
    "uniform": "uniform",
    "two_part": "two-part",
    "variational": "variational",
    "nml": "NML, exact",
    "nml_asymptotic": "NML, asymptotic",
    "bayes_jeffreys": "Bayes, Jeffreys",
    "bayes_laplace": "Bayes, uniform",
    "bayes": "Bayes",
    "prequential": "prequential",
    "prequential_block": "prequential, blocks",
    "switch": "prequential, switching",
}
SEEDS = "Mean over seeds with 95 % interval (Student's t)"


@dataclass(frozen=True)
class DataOptions:
    """`data`: the sequences of the highest true order of the study (chain) or of the lowest (coin)."""

    data: Literal["chain", "coin"] = "chain"


def choose_data(panels: pd.DataFrame, data: str) -> pd.DataFrame:
    """The panels of one true order."""
    if panels.empty:
        return panels
    orders = panels["true_order"]
    known: pd.DataFrame = panels[orders == (orders.max() if data == "chain" else orders.min())]
    return known if orders.notna().any() else panels


def join_means(rows: pd.DataFrame, x: str, y: str) -> pd.DataFrame:
    """The rows, marked 'run', and their means over seeds, marked 'mean', by `code` and `x`."""
    ranks = {code: place for place, code in enumerate(TITLES)}
    rows = rows.assign(mark="run").sort_values(
        ["code", x, "seed"], key=lambda c: c.map(ranks) if c.name == "code" else c
    )
    means = average_seeds(rows, ["code", x], y).assign(mark="mean")
    return pd.concat([rows, means], ignore_index=True)


def make_missing(tables: Tables, sweep: str) -> pd.DataFrame:
    """The empty frame of a study without descriptions, and the sweep that makes some."""
    if tables.study.sweep:
        return make_empty(tables, "No finished run describes anything here.")
    return make_empty(tables, "No finished run describes anything here.", f"Run\nlab run {sweep} --preset smoke")
