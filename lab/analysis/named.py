"""A fit with its name: what was asked, of which columns and which runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lab.analysis.cache import fit_once
from lab.analysis.selection import select_runs
from lab.core.columns import describe_column
from lab.core.registry import open_shelf
from lab.scaling import Data, Fit, Law, Loss, Status
from lab.scaling.requirements import FEWEST_UNITS, is_replicated
from lab.tables import Tables

# The exponent of N is α, of D β, of C γ, whatever the one-variable law calls its own.
LABELS = {
    "tokens": {"alpha": "beta", "A": "B"},
    "flops": {"alpha": "gamma", "A": "C_0"},
    "flops_6nd": {"alpha": "gamma", "A": "C_0"},
}


@dataclass(frozen=True)
class NamedFit:
    """A fit of a study: `columns` stand behind the law's predictors, in order, `measure` is what was fitted and
    `rows_used` are the runs.
    """

    title: str
    question: str
    columns: tuple[str, ...]
    fit: Fit
    rows_used: pd.DataFrame = field(repr=False)
    measure: str = "loss_nats"


def load_law(law: str | Law) -> Law:
    """The law itself, or the entry of that name on the shelf."""
    found: Law = open_shelf("laws").load(law) if isinstance(law, str) else law
    return found


def speak(column: str) -> str:
    """The words for a column: 'training tokens'."""
    return describe_column(column).definition.split(";")[0]


def fit_rows(
    tables: Tables,
    rows: pd.DataFrame,
    law: str | Law,
    columns: Mapping[str, str],
    title: str,
    question: str,
    measure: str = "loss_nats",
    loss: Loss | None = None,
    interval: str = "default",
) -> NamedFit:
    """`law` fitted to `measure` of `rows`; a refusal names the command that would mend it."""
    form = load_law(law)
    fit = fit_once(form, read_data(form, rows, columns, measure), loss, interval=interval)
    labels = LABELS.get(next(iter(columns.values())), {}) if len(columns) == 1 else {}
    fit = replace(fit, labels=labels, next_step=name_next_step(tables, fit))
    return NamedFit(title, question, tuple(columns.values()), fit, rows, measure)


def fit_again(tables: Tables, named: NamedFit, loss: Loss | None = None, interval: str = "default") -> NamedFit:
    """The same law on the same runs by another loss, or with intervals by another method of `lab.scaling.intervals`."""
    columns = dict(zip(named.fit.predictors, named.columns, strict=True))
    law, rows = named.fit.form, named.rows_used
    return fit_rows(tables, rows, law, columns, named.title, named.question, named.measure, loss, interval)


def read_data(law: Law, rows: pd.DataFrame, columns: Mapping[str, str], measure: str = "loss_nats") -> Data:
    """What a law is fitted to: `measure` of the rows against the column behind each predictor, by independent units."""
    x = {name: rows[column].to_numpy(float) for name, column in columns.items()}
    unit, labels = choose_units(law, rows, x)
    titles = {name: f"{describe_column(column).symbol or name} ({speak(column)})" for name, column in columns.items()}
    return Data(x, rows[measure].to_numpy(float), labels, unit, titles)


def choose_units(law: Law, rows: pd.DataFrame, x: Mapping[str, NDArray[Any]]) -> tuple[str, NDArray[Any]]:
    """The independent units of rows, and what they are: trunks; or, where these are too few, all that one seed trained.

    A seed is the coarser unit, so it is never too bold. It serves where every seed alone determines the law.
    """
    trunks, seeds = rows["trunk_key"].to_numpy(str), rows["seed"].to_numpy(float)
    count = len(np.unique(trunks))
    if count == len(rows) or count >= FEWEST_UNITS:
        return "trunk", trunks
    by_seed = Data(x, np.ones(len(rows)), seeds)
    return ("seed", seeds) if by_seed.unit_count > 1 and is_replicated(law, by_seed) else ("trunk", trunks)


def name_next_step(tables: Tables, fit: Fit) -> str:
    """The fit's own next step, with the command of the study's sweep where more runs are what is missing."""
    larger = {"smoke": "standard", "standard": "overnight"}.get(tables.study.preset)
    lacking = fit.status in (Status.REFUSED, Status.UNIDENTIFIED)
    if lacking and not len(select_runs(tables).rows):
        preset = tables.study.preset or "smoke"
        return f"lab run {tables.study.sweep} --preset {preset}" if tables.study.sweep else "import finished runs"
    if lacking and tables.study.sweep and larger:
        return f"{fit.next_step}: `lab run {tables.study.sweep} --preset {larger}` has more"
    return fit.next_step
