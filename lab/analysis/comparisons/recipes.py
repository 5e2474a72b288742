"""Recipes compared: does a change of optimizer, family or data shift the slope of the scaling law, or only its offset?

Two models of all recipes at once: own exponents (A_g, α_g, B_g, β_g) and common exponents (A_g, B_g), E being shared
where the data are. The contrast of two exponents is judged by equivalence (docs/judging.md). Trunks of the same size
and seed in every recipe share their initialisation and the order of their data, and are one unit of evidence.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import fdtrc

from lab.analysis.comparisons.pooling import Pooled, pool_estimates
from lab.analysis.laws.cache import fit_once
from lab.analysis.laws.fits import AGAINST, check_convention
from lab.analysis.laws.grouped import GROUP, find_places, group_law, measure, measure_ratio, name_own
from lab.analysis.laws.named import LABELS, choose_units, load_law, speak
from lab.analysis.optimum.frontier import find_frontier
from lab.analysis.selection import RECIPE, select_runs
from lab.core.columns import describe_column
from lab.core.errors import InputError, UnknownNameError
from lab.core.estimate import Estimate
from lab.core.verdict import Outcome, judge_conjunction, judge_equivalence
from lab.scaling import Data, Fit, Law, PowerSum, Term
from lab.scaling.requirements import FEWEST_UNITS, SPARE_UNITS
from lab.tables import Tables

Array = NDArray[Any]

COMPUTE = ("flops", "flops_6nd")
MARGIN = 0.05  # the smallest difference of an exponent that matters: of α ≈ 0.4, an eighth
MARGIN_OF_COMPUTE = 0.02  # of γ = αβ/(α + β), which is about half as large


@dataclass(frozen=True)
class Contrast:
    """A `group` against the `reference`: `difference` of the exponent under own exponents (95 %), `outcome` of the
    claim that it lies within ± the margin; `ratio` of the coefficients under common exponents, and `equivalent`, the
    multiple of the predictor that makes up for the offset: (A_g/A_ref)^(1/α).
    """

    group: str
    reference: str
    exponent: str
    predictor: str
    difference: Estimate
    outcome: Outcome
    ratio: Estimate
    equivalent: Estimate


@dataclass(frozen=True)
class RecipeComparison:
    """Recipes by the column `by`; `groups` are those compared, the reference first, `dropped` the others with a reason.

    `own` and `common` are the fits with own and with common exponents, None where `reason` refuses. `wald` is the F
    statistic of equal exponents with its degrees of freedom and p (robust, by the units of evidence). `pooled` are the
    exponents over three groups or more. `columns` stand behind the law's predictors, `compute` is the measure of C.
    """

    by: str
    law: PowerSum
    columns: Mapping[str, str]
    groups: tuple[str, ...]
    rows_used: pd.DataFrame = field(repr=False)
    dropped: Mapping[str, str]
    reason: str = ""
    next_step: str = ""
    own: Fit | None = None
    common: Fit | None = None
    contrasts: tuple[Contrast, ...] = ()
    wald: tuple[float, float, float, float] = (math.nan, math.nan, math.nan, math.nan)
    pooled: tuple[Pooled, ...] = ()
    margin: float = MARGIN
    compute: str = "flops"
    notes: tuple[str, ...] = ()

    def judge(self, group: str) -> Outcome:
        """The outcome of the claim that `group` shifts only the offset: every exponent within the margin."""
        return judge_conjunction([c.outcome for c in self.contrasts if c.group == group])

    def describe(self, group: str) -> str:
        """One sentence on slope and offset."""
        outcome, reference = self.judge(group), self.groups[0]
        own = [c for c in self.contrasts if c.group == group]
        if outcome is Outcome.SUPPORTED:
            return f"{group} shifts the offset only: its exponents are within ±{self.margin:g} of {reference}'s"
        named = " and ".join(c.exponent for c in own if c.outcome is outcome)
        if outcome is Outcome.NOT_SUPPORTED:
            return f"{group} shifts the slope: {named} differs from {reference}'s by more than {self.margin:g}"
        return (
            f"whether {group} shifts the slope is open (underpowered): {named} may differ by more than {self.margin:g}"
        )

    def read_group(self, group: str) -> list[int]:
        """Where the parameters of `group` stand in `own`."""
        assert self.own is not None
        return find_places(self.own, self.law, group)


def compare_recipes(
    tables: Tables,
    by: str = "optimizer",
    law: str | Law = "chinchilla",
    against: str = "compute",
    convention: str = "params_total",
    reference: str = "",
    margin: float | None = None,
    compute: str = "flops",
) -> RecipeComparison:
    """The recipes that differ in the column `by`, each against `reference` (default: the one with most runs).

    A law of one variable is fitted `against` 'size' (at the longest horizon all recipes have), 'tokens' (at the largest
    size they all have) or 'compute' (on each recipe's frontier). `margin` is the smallest difference of an exponent
    that matters, by default 0.05, of an exponent of compute 0.02. Raises `UnknownNameError` for a column, group or
    convention that is none or a `compute` not of `COMPUTE`, `InputError` for a law that is not a sum of powers.
    """
    check_convention(convention)
    if margin is not None and not margin > 0:
        raise InputError("margin of an exponent", margin, "is the smallest difference that matters, above 0")
    form = _check_form(load_law(law))
    columns = _name_columns(form, against, convention, compute)
    rows = select_runs(tables, by).rows
    rows = rows.assign(**{by: rows[by].astype(str)}) if len(rows) else rows
    names = list(rows[by].value_counts(sort=False).sort_index().sort_values(ascending=False, kind="stable").index)
    if reference and reference not in names:
        raise UnknownNameError.among(f"{by} to compare against", reference, names)
    rows = _slice(rows, by, form, against, columns)
    separate = {name: _fit(rows[rows[by] == name], form, columns) for name in names}
    dropped = {name: f"{fit.reason}. {fit.next_step}" for name, fit in separate.items() if fit.theta is None}
    groups = tuple(sorted((n for n in names if n not in dropped), key=lambda name: name != reference))
    rows = rows[rows[by].isin(groups)]
    level = _share_floor(form, columns, rows)
    notes = tuple(_note(rows, by, level))
    usual = MARGIN if set(COMPUTE).isdisjoint(columns.values()) else MARGIN_OF_COMPUTE
    blank = RecipeComparison(
        by, form, columns, groups, rows, dropped, margin=margin or usual, compute=compute, notes=notes
    )
    if reason := _refuse(by, names, groups, reference, dropped):
        return replace(blank, reason=reason, next_step=f"run each {by} at the same sizes, horizons and seeds")
    starts = tuple(tuple(float(value) for value in _theta(separate[name])) for name in groups)
    slopes = tuple(dict.fromkeys(term.exponent for term in form.terms if term.exponent))
    own = _fit_over(blank, group_law(form, groups, level, starts))
    common = _fit_over(blank, group_law(form, groups, (*level, *slopes), starts))
    found = replace(blank, own=own, common=common)
    if own.uncertainty is None or common.uncertainty is None:
        poor = own if own.uncertainty is None else common
        return replace(found, reason=poor.reason, next_step=poor.next_step)
    if own.reason:  # an interval that ends at the edge of its range leaves the contrasts their own
        found = replace(found, notes=(*found.notes, f"own exponents: {own.status}: {own.reason}"))
    return replace(
        found, contrasts=tuple(_contrast_all(found)), wald=_test_slopes(found, slopes), pooled=_pool_all(found, slopes)
    )


def choose_units_over(rows: pd.DataFrame, by: str, parameters: int) -> tuple[str, Array]:
    """The units of evidence over recipes: what has the same size and seed, where every recipe has the same of them and
    they are enough for a law with so many parameters; else the trunk.
    """
    cells = rows["size"].astype(str) + "/" + rows["seed"].astype(str)
    have = [set(own) for _, own in cells.groupby(rows[by])]
    enough = max(FEWEST_UNITS, parameters + SPARE_UNITS)
    if all(own == have[0] for own in have) and len(have[0]) >= enough:
        return "pair", cells.to_numpy(str)
    return "trunk", (rows[by] + "/" + rows["trunk_key"].astype(str)).to_numpy(str)


def _check_form(law: Law) -> PowerSum:
    if not (isinstance(law, PowerSum) and all(len(term.powers) <= 1 for term in law.terms)):
        rule = "recipes are compared by a sum of powers of one predictor each"
        raise InputError("law", law.name, rule, "try chinchilla, power or pure_power")
    return law


def _name_columns(law: Law, against: str, convention: str, compute: str) -> dict[str, str]:
    if compute not in COMPUTE:
        raise UnknownNameError.among("measure of compute", compute, COMPUTE)
    if len(law.predictors) > 1:
        return {name: convention if name == "size" else name for name in law.predictors}
    if against not in AGAINST:
        raise UnknownNameError.among("what a law is fitted against", against, AGAINST)
    return {law.predictors[0]: {"size": convention, "compute": compute}.get(against, against)}


def _slice(rows: pd.DataFrame, by: str, law: Law, against: str, columns: Mapping[str, str]) -> pd.DataFrame:
    """The rows a law reads: all; for one variable those at the largest value of the other that every recipe has."""
    if len(law.predictors) > 1 or rows.empty:
        return rows
    if against == "compute":
        parts = [find_frontier(own, *columns.values()) for _, own in rows.groupby(by)]
        return pd.concat(parts, ignore_index=True)
    held = "tokens" if against == "size" else "size"
    levels = set.intersection(*(set(own) for _, own in rows[held].groupby(rows[by])))
    return rows[rows[held] == max(levels, default=math.nan)]


def _fit(rows: pd.DataFrame, law: Law, columns: Mapping[str, str]) -> Fit:
    x = {name: rows[column].to_numpy(float) for name, column in columns.items()}
    titles = {name: speak(column) for name, column in columns.items()}
    unit, units = choose_units(law, rows, x)
    return fit_once(law, Data(x, rows["loss_nats"].to_numpy(float), units, unit, titles))


def _fit_over(found: RecipeComparison, law: Law) -> Fit:
    """A grouped law over the rows of all recipes."""
    rows = found.rows_used
    x = {name: rows[column].to_numpy(float) for name, column in found.columns.items()}
    codes = rows[found.by].map({name: g + 1.0 for g, name in enumerate(found.groups)}).to_numpy(float)
    unit, units = choose_units_over(rows, found.by, len(law.parameters))
    return fit_once(law, Data({**x, GROUP: codes}, rows["loss_nats"].to_numpy(float), units, unit))


def _refuse(by: str, names: Sequence[str], groups: Sequence[str], reference: str, dropped: Mapping[str, str]) -> str:
    if reference in dropped:
        return f"the reference {reference} bears no fit: {dropped[reference]}"
    if len(groups) > 1:
        return ""
    if len(names) < 2:
        return f"the runs that may be fitted have {len(names)} {by}, two are needed"
    name, why = next(iter(dropped.items()))
    return f"{len(dropped)} of {len(names)} {by} bear no fit of their own; {name}: {why}"


def _share_floor(law: PowerSum, columns: Mapping[str, str], rows: pd.DataFrame) -> tuple[str, ...]:
    """'E' where it belongs to the data and the groups have the same.

    At one horizon or one size the constant holds what the variable that is held costs a recipe: it is the group's own.
    """
    over_all = len(columns) > 1 or not set(COMPUTE).isdisjoint(columns.values())
    return ("E",) if over_all and "E" in law.names and len(set(rows["source"])) == 1 else ()


def _note(rows: pd.DataFrame, by: str, shared: tuple[str, ...]) -> Iterator[str]:
    """What else differs between the recipes, so that a difference is not laid at the wrong door; and what is shared."""
    for column in RECIPE:
        kinds = rows.groupby(by)[column].agg(lambda own: ", ".join(sorted(set(own.astype(str)))))
        if column != by and len(set(kinds)) > 1:
            yield f"{column} differs too: {'; '.join(f'{group}: {kind}' for group, kind in kinds.items())}"
    if len(rows) and shared:
        yield "one E for all groups: the data are the same"


def _contrast_all(found: RecipeComparison) -> Iterator[Contrast]:
    reference, *others = found.groups
    for group in others:
        for term in found.law.terms:
            if term.exponent:
                yield _contrast(found, group, reference, term)


def _contrast(found: RecipeComparison, group: str, reference: str, term: Term) -> Contrast:
    """One power of the law: its exponent under own, its coefficient under common exponents."""
    own, common = found.own, found.common
    assert own is not None and common is not None
    exponent, column = name_exponent(term, found.columns), found.columns[term.predictor]
    names = own.form.names
    a, b = (names.index(name_own(term.exponent, g)) for g in (group, reference))
    title = f"{exponent}[{group}] − {exponent}[{reference}]"
    wide, narrow = (measure(own, title, lambda theta: theta[:, a] - theta[:, b], level) for level in (0.95, 0.9))
    names = common.form.names
    c, d = (names.index(name_own(term.coefficient, g)) for g in (group, reference))
    slope = names.index(term.exponent)
    outcome = judge_equivalence(narrow, wide, found.margin)
    offset = f"{term.coefficient}[{group}] / {term.coefficient}[{reference}]"
    ratio = measure_ratio(common, offset, lambda theta: np.log(theta[:, c] / theta[:, d]))
    multiple = f"{describe_column(column).symbol or column}[{group}] / {describe_column(column).symbol}[{reference}]"
    equal = measure_ratio(common, multiple, lambda theta: np.log(theta[:, c] / theta[:, d]) / theta[:, slope])
    return Contrast(group, reference, exponent, column, wide, outcome, ratio, equal)


def name_exponent(term: Term, columns: Mapping[str, str]) -> str:
    """The exponent's name for the reader: of tokens it is β, of compute γ."""
    labels = LABELS.get(next(iter(columns.values())), {}) if len(columns) == 1 else {}
    return labels.get(term.exponent, term.exponent)


def _test_slopes(found: RecipeComparison, slopes: Sequence[str]) -> tuple[float, float, float, float]:
    """Wald's F of equal exponents, its degrees of freedom, and p, by the covariance over the units of evidence."""
    own = found.own
    assert own is not None and own.theta is not None and own.covariance is not None and own.uncertainty is not None
    reference, *others = found.groups
    pick = np.zeros((len(slopes) * len(others), len(own.theta)))
    for row, (group, slope) in enumerate(itertools.product(others, slopes)):
        pick[row, own.form.names.index(name_own(slope, group))] = 1.0
        pick[row, own.form.names.index(name_own(slope, reference))] = -1.0
    away = pick @ own.theta
    f = float(away @ np.linalg.pinv(pick @ own.covariance @ pick.T) @ away) / len(pick)
    return f, float(len(pick)), own.uncertainty.degrees, float(fdtrc(len(pick), own.uncertainty.degrees, f))


def _pool_all(found: RecipeComparison, slopes: Sequence[str]) -> tuple[Pooled, ...]:
    own = found.own
    assert own is not None and own.theta is not None and own.covariance is not None
    pooled = []
    for slope in slopes:
        places = [own.form.names.index(name_own(slope, group)) for group in found.groups]
        pooled.append(pool_estimates(slope, own.theta[places], own.covariance[np.ix_(places, places)]))
    return tuple(pooled)


def _theta(fit: Fit) -> Array:
    assert fit.theta is not None
    return fit.theta
