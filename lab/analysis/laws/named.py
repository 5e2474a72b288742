"""A fit with its name: what was asked, of which columns and which runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, is_dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lab.analysis.laws.cache import fit_once
from lab.analysis.selection import select_runs
from lab.core.columns import COLUMNS, describe_column
from lab.core.dials import build_from_dials
from lab.core.errors import InputError, UnknownNameError
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
    """The law itself, or the entry of that name on the shelf, with dials: 'speedup:floor_nats=1.69'.

    Raises `UnknownNameError` for a name or a dial that is none, `InputError` for a dial that is no number.
    """
    if isinstance(law, Law):
        return law
    name, _, text = law.partition(":")
    found: Any = open_shelf("laws").load(name)
    if text and not is_dataclass(found):
        raise InputError(f"law {name}", text, "it has no dials", "leave out what follows the colon")
    if not text:
        entry: Law = found
        return entry
    try:
        dials = {dial.strip(): float(value) for dial, _, value in (part.partition("=") for part in text.split(","))}
    except ValueError as error:
        raise InputError(f"dials of law {name}", text, "each is name=number", "for example floor_nats=1.69") from error
    law_with_dials: Law = build_from_dials(type(found), dials, f"law {name}")
    return law_with_dials


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
    measure: str = "",
    loss: Loss | None = None,
    interval: str = "default",
    error: str = "",
) -> NamedFit:
    """`law` fitted to `measure` of `rows` (what the law predicts, if not said); a refusal names what would mend it.

    `error` names a column with the known standard error of each measured loss, in its unit.
    """
    form = load_law(law)
    measure, rows = (measure, rows) if measure else (form.response, add_measure(form, rows))
    data = read_data(form, rows, columns, measure)
    if error:
        data = replace(data, error=read_error(rows, measure, error))
    fit = fit_once(form, data, loss, interval=interval)
    labels = LABELS.get(next(iter(columns.values())), {}) if len(columns) == 1 else {}
    fit = replace(fit, labels=labels, next_step=name_next_step(tables, fit))
    return NamedFit(title, question, tuple(columns.values()), fit, rows, measure)


def fit_again(
    tables: Tables, named: NamedFit, loss: Loss | None = None, interval: str = "default", error: str = ""
) -> NamedFit:
    """The same law on the same runs by another loss, with intervals by another method of `lab.scaling.intervals`, or
    with a column of known measurement errors.
    """
    columns = dict(zip(named.fit.predictors, named.columns, strict=True))
    law, rows = named.fit.form, named.rows_used
    return fit_rows(tables, rows, law, columns, named.title, named.question, named.measure, loss, interval, error)


def read_error(rows: pd.DataFrame, measure: str, error: str) -> NDArray[Any]:
    """The standard error of the logarithm of a measured loss (n,), from a column in the loss's own unit."""
    if error not in rows:
        raise UnknownNameError.among("column of measurement errors", error, rows.columns.astype(str))
    values = pd.to_numeric(rows[error], errors="coerce").to_numpy(float)
    bad = np.flatnonzero(~(np.isfinite(values) & (values >= 0)))
    if len(bad):
        named = ", ".join(str(row + 1) for row in bad[:5])
        raise InputError(
            f"column {error}", f"rows {named}", "a standard error is a number not below 0", "mend the rows"
        )
    return np.asarray(values / rows[measure].to_numpy(float))


def read_data(law: Law, rows: pd.DataFrame, columns: Mapping[str, str], measure: str = "loss_nats") -> Data:
    """What a law is fitted to: `measure` of the rows against the column behind each predictor, by independent units.

    A column that the rows do not have is left out, and the fit refuses with its name.
    """
    known = {name: column for name, column in columns.items() if column in rows}
    x = {name: rows[column].to_numpy(float) for name, column in known.items()}
    unit, labels = (
        choose_units(law, rows, x) if len(known) == len(columns) else ("trunk", rows["trunk_key"].to_numpy(str))
    )
    titles = {name: f"{describe_column(column).symbol or name} ({speak(column)})" for name, column in known.items()}
    y = rows[measure].to_numpy(float) if measure in rows else np.full(len(rows), np.nan)
    return Data(x, y, labels, unit, titles)


def name_columns(law: str | Law, lone: str) -> dict[str, str]:
    """The column behind each predictor: `lone`, which may be a count of N, behind 'size' and behind the only predictor
    of a law; a predictor that has the name of another column means that column.
    """
    predictors = load_law(law).predictors
    if len(predictors) == 1:
        return {name: name if name in COLUMNS else lone for name in predictors}
    return {name: lone if name == "size" else name for name in predictors}


def add_measure(law: Law, rows: pd.DataFrame) -> pd.DataFrame:
    """The rows with the column that a law predicts: their own, or what the lab measures of it."""
    known = {"accuracy": rows["accuracy_top1"], "error_rate": 1 - rows["accuracy_top1"]}
    return (
        rows
        if law.response in rows or law.response not in known
        else rows.assign(**{law.response: known[law.response]})
    )


def choose_units(law: Law, rows: pd.DataFrame, x: Mapping[str, NDArray[Any]]) -> tuple[str, NDArray[Any]]:
    """The independent units of rows, and what they are: trunks; or, where these are too few, all that one seed trained.

    A seed is the coarser unit, so it is never too bold. It serves where every seed alone determines the law.
    """
    trunks, seeds = rows["trunk_key"].to_numpy(str), rows["seed"].to_numpy(float)
    count = len(np.unique(trunks))
    if count == len(rows) or count >= FEWEST_UNITS:
        return "run" if count == len(rows) else "trunk", trunks
    by_seed = Data(x, np.ones(len(rows)), seeds)
    return ("seed", seeds) if by_seed.unit_count > 1 and is_replicated(law, by_seed) else ("trunk", trunks)


def name_next_step(tables: Tables, fit: Fit) -> str:
    """The fit's own next step, with the command of the study's sweep where more runs are what is missing."""
    larger = {"smoke": "standard", "standard": "overnight"}.get(tables.study.preset)
    lacking = fit.status in (Status.REFUSED, Status.UNIDENTIFIED)
    if lacking and not len(select_runs(tables).rows):
        preset = tables.study.preset or "smoke"
        return f"lab run {tables.study.sweep} --preset {preset}" if tables.study.sweep else "import finished runs"
    if lacking and tables.study.sweep and larger and fit.next_step.startswith("run "):
        return f"{fit.next_step}: `lab run {tables.study.sweep} --preset {larger}` has more"
    return fit.next_step
