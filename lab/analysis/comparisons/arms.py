"""Arms of a comparison: recipes trained with the same seeds, each at its own best learning rate, seed against seed.

Runs of one seed see the same batches in the same order, so what the order of the data does to the loss is common to
both and cancels in their difference.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from lab.families import Architecture
from lab.runs.spec import build_entry, label_dials
from lab.tables import Tables


def describe_family(table: Mapping[str, Any], shelf: str = "families") -> dict[str, Any]:
    """The columns by which the nets of a family table are known on a source at its defaults: family, dials and size.

    `shelf`: 'families' or 'classifiers'. Raises as `build_entry` does.
    """
    family: Architecture[Any] = build_entry(shelf, table)
    return {"family": table["name"], "dials": label_dials(family, family.size_dial), "size": family.size}


def select_arm(tables: Tables, **columns: str | float) -> pd.DataFrame:
    """The finished runs whose columns have these values, at the learning rate most of their seeds ran at."""
    rows = tables.runs[tables.runs["status"].eq("done")]
    for name, value in columns.items():
        rows = rows[rows[name].eq(value)] if name in rows else rows.iloc[:0]
    rows = rows.dropna(subset=["loss_nats", "seed"])
    if rows.empty:
        return rows
    seeds = rows.groupby("learning_rate")["seed"].nunique()
    most = seeds[seeds == seeds.max()].index
    losses = rows[rows["learning_rate"].isin(most)].groupby("learning_rate")["loss_nats"].mean()
    return rows[rows["learning_rate"].isin([losses.idxmin()])].drop_duplicates("seed")


def pair_seeds(first: pd.DataFrame, second: pd.DataFrame, column: str = "loss_nats") -> pd.Series:
    """`first` minus `second` in a column, by the seeds that both have."""
    one, other = (rows.set_index("seed").get(column, pd.Series(dtype=float)).astype(float) for rows in (first, second))
    difference: pd.Series = (one - other).dropna()
    return difference
