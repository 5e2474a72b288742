"""The laws of a study: which runs, which columns, which units are independent; the fitting is `lab.scaling`'s.

A one-variable law holds the other variable fixed at its largest value, where it limits the loss least.
"""

from __future__ import annotations

from lab.analysis.laws.named import NamedFit, fit_rows, load_law, name_columns, speak
from lab.analysis.optimum.frontier import find_frontier, fit_optimal_size
from lab.analysis.selection import select_runs
from lab.core.columns import COLUMNS, CONVENTIONS, describe_column
from lab.core.errors import UnknownNameError
from lab.core.units import format_count
from lab.scaling import Law
from lab.tables import Tables

__all__ = ["NamedFit", "fit_compute", "fit_joint", "fit_law_to", "fit_size", "fit_study", "fit_tokens"]

AGAINST = ("size", "tokens", "compute")


def fit_size(
    tables: Tables,
    convention: str = "params_total",
    tokens: float | None = None,
    law: str | Law = "power",
    holdout: bool = False,
    measure: str = "",
) -> NamedFit:
    """L(N) at one horizon (the longest unless `tokens` says otherwise), N counted by `convention`.

    `holdout` leaves out the largest size, for a forecast to be graded on.
    """
    check_convention(convention)
    rows = select_runs(tables).rows
    horizon = rows["tokens"].max() if tokens is None else tokens
    rows = rows[rows["tokens"].eq(horizon) | rows["tokens"].isna()]
    if holdout:
        rows = rows[rows[convention] < rows[convention].max()]
    title = f"L(N), {speak(convention)}, at {format_count(horizon, 'tokens')}"
    return fit_rows(tables, rows, law, name_columns(law, convention), title, QUESTIONS["size"], measure)


def fit_tokens(tables: Tables, size: float | None = None, law: str | Law = "power", measure: str = "") -> NamedFit:
    """L(D) of one size (the largest unless `size` says otherwise)."""
    rows = select_runs(tables).rows
    chosen = rows["size"].max() if size is None else size
    rows = rows[rows["size"].eq(chosen) | rows["size"].isna()]
    title = f"L(D) at {format_count(rows['params_total'].max(), 'parameters')}"
    return fit_rows(tables, rows, law, name_columns(law, "tokens"), title, QUESTIONS["tokens"], measure)


def fit_compute(tables: Tables, x: str = "flops", law: str | Law = "pure_power") -> NamedFit:
    """L(C) on the frontier: the runs of the cells (size × horizon) that no cheaper mixture of cells reaches."""
    if x not in ("flops", "flops_6nd"):
        raise UnknownNameError.among("measure of compute", x, ("flops", "flops_6nd"))
    rows = find_frontier(select_runs(tables).rows, x)
    title = f"L(C) on the frontier, {speak(x)}"
    return fit_rows(tables, rows, law, name_columns(law, x), title, QUESTIONS["compute"])


def fit_joint(tables: Tables, law: str | Law = "chinchilla", convention: str = "params_total") -> NamedFit:
    """L(N, D), or any law of several columns, over all sizes and horizons."""
    check_convention(convention)
    rows = select_runs(tables).rows
    columns, response = name_columns(law, convention), load_law(law).response
    head = "L" if response == "loss_nats" else response
    title = f"{head}({', '.join(describe_column(c).symbol or c for c in columns.values())})"
    title += f", {speak(convention)}" if convention in columns.values() else ""
    return fit_rows(tables, rows, law, columns, title, QUESTIONS["joint"])


def fit_law_to(tables: Tables, law: str | Law, against: str = "size", convention: str = "params_total") -> NamedFit:
    """One law: of one variable `against` 'size', 'tokens' or 'compute'; of several, or of a column of its own, to all
    runs.
    """
    if against not in AGAINST:
        raise UnknownNameError.among("what a law is fitted against", against, AGAINST)
    form = load_law(law)
    if len(form.predictors) > 1 or form.predictors[0] in COLUMNS:
        return fit_joint(tables, law, convention)
    if against == "size":
        return fit_size(tables, convention, law=law)
    return fit_tokens(tables, law=law) if against == "tokens" else fit_compute(tables, law=law)


def fit_study(tables: Tables) -> list[NamedFit]:
    """The standard set: one variable at a time without E (as Kaplan) and with, jointly, and the best size at fixed
    compute; under both counts of parameters.
    """
    laws, conventions = ("pure_power", "power"), list_counts(tables)
    fits = [fit_size(tables, convention, law=law) for law in laws for convention in conventions]
    fits += [fit_tokens(tables, law=law) for law in laws]
    fits += [fit_compute(tables, x) for x in ("flops", "flops_6nd")]
    fits += [fit_joint(tables, convention=convention) for convention in conventions]
    pairs = zip(conventions, ("flops", "flops_6nd"), strict=False)
    return fits + [fit_optimal_size(tables, convention, compute) for convention, compute in pairs]


def list_counts(tables: Tables) -> list[str]:
    """All parameters, and those of the body where the runs count them apart."""
    runs = tables.runs
    apart = runs.empty or not runs["params_body"].equals(runs["params_total"])
    return ["params_total", "params_body"] if apart else ["params_total"]


def check_convention(convention: str) -> None:
    """Raises `UnknownNameError` for a count of parameters that is none."""
    if convention not in CONVENTIONS:
        raise UnknownNameError.among("convention of N", convention, CONVENTIONS)


QUESTIONS = {
    "size": "How does the loss fall with the number of parameters when all are trained equally long?",
    "tokens": "How does the loss fall with the tokens trained on, at one size?",
    "compute": "How does the best loss that any size reaches fall with the compute spent?",
    "joint": "How do parameters and tokens together determine the loss?",
}
