"""What data must be before a law is fitted to them; a refusal says what is missing and what to run next."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from lab.scaling.data import Data
from lab.scaling.law import Law
from lab.scaling.losses import Loss

FEWEST_UNITS = 12  # of rows that are not independent: the jackknife covers from there on (docs/intervals.md)
SPARE_UNITS = 3  # beyond the parameters, for the model of their luck that serves below


class Refusal(NamedTuple):
    """Why a law is not fitted, and what to do about it."""

    reason: str
    next_step: str


def find_refusal(law: Law, data: Data, loss: Loss) -> Refusal | None:
    """The first thing that keeps `law` from being fitted to `data`, or None."""
    return (
        _refuse_count(law, data)
        or _refuse_scale(law, loss)
        or _refuse_values(law, data, loss)
        or _refuse_dependence(data)
        or _refuse_levels(law, data)
        or _refuse_units(law, data)
    )


def is_replicated(law: Law, data: Data) -> bool:
    """Whether every unit alone has as many levels of every predictor as the law has parameters.

    Each unit then carries an estimate of its own, and few of them bear an interval with K − 1 degrees of freedom
    (Ibragimov & Müller 2010, doi 10.1198/jbes.2009.08046).
    """
    fewest = len(law.parameters)
    units = [data.units == k for k in range(data.unit_count)]
    return all(len(np.unique(data.x[name][rows])) >= fewest for rows in units for name in law.predictors)


def _refuse_count(law: Law, data: Data) -> Refusal | None:
    runs, size = len(data), len(law.parameters)
    if runs > size:
        return None
    return Refusal(f"{runs} runs for the {size} parameters of {law.name}", f"run {size + 2 - runs} more at least")


def _refuse_scale(law: Law, loss: Loss) -> Refusal | None:
    if law.positive or loss.on == "raw":
        return None
    return Refusal(f"the law {law.name} may be negative and has no logarithm", f"fit it on the raw scale, not {loss}")


def _refuse_values(law: Law, data: Data, loss: Loss) -> Refusal | None:
    missing = [name for name in law.predictors if name not in data.x]
    if missing:
        return Refusal(
            f"the law {law.name} needs {', '.join(missing)}, which the data do not have", "bring runs with them"
        )
    columns = [("loss", data.y, loss.on == "log"), *((name, data.x[name], law.positive) for name in law.predictors)]
    for name, values, positive in columns:
        bad = np.flatnonzero(~np.isfinite(values) | (positive & (values <= 0)))
        if len(bad):
            rows = ", ".join(str(row + 1) for row in bad[:5]) + (" …" if len(bad) > 5 else "")
            kind = "positive number" if positive else "number"
            return Refusal(f"{name} is not a {kind} in row {rows}", "mend or drop these rows")
    return None


def _refuse_dependence(data: Data) -> Refusal | None:
    if data.clusters is None:
        return Refusal(
            "nobody said which rows are independent",
            "give clusters: one label per row, the same for rows of one trunk or run",
        )
    if not data.is_clustered and len(data) > 1:
        table = np.column_stack([data.y, *data.x.values()])
        copies = len(table) - len(np.unique(table, axis=0))
        repeats = len(table) - len(np.unique(table[:, 1:], axis=0))
        if 2 * copies > repeats:  # true replicates, read to few digits, agree only now and then
            return Refusal(f"{copies} rows are exact copies of others and claim to be independent", "drop the copies")
    return None


def _refuse_levels(law: Law, data: Data) -> Refusal | None:
    fewest = law.levels
    for name in law.predictors:
        levels = len(np.unique(data.x[name]))
        if levels < fewest:
            title = data.titles.get(name, name)
            return Refusal(
                f"the law {law.name} needs {fewest} different values of {title}, there are {levels}",
                f"run {fewest - levels} more of them, spread over at least a decade",
            )
    return None


def _refuse_units(law: Law, data: Data) -> Refusal | None:
    count, size = data.unit_count, len(law.parameters)
    joint = len(law.predictors) > 1
    if not (data.is_clustered or joint):
        if count < size + 2:
            more = size + 2 - count
            return Refusal(
                f"{count} independent runs for {size} parameters; an interval needs {size + 2}", f"run {more} more"
            )
        return None
    if not joint and count >= 2 and is_replicated(law, data):
        return None
    if count < size + SPARE_UNITS:
        kind = "a law of several predictors" if joint else "rows that share a trunk"
        return Refusal(
            f"an interval for {kind} with {size} parameters needs {size + SPARE_UNITS} independent units, there are "
            f"{count} ({data.unit}s)",
            f"run {size + SPARE_UNITS - count} more {data.unit}s: more seeds or sizes, each to all horizons",
        )
    return None
