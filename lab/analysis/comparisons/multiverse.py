"""The multiverse of a conclusion: an exponent or a forecast, re-fitted under every analysis that could have been made.

Steegen et al. 2016 (doi 10.1177/1745691616658637): what depends on a choice that another analyst would have made
otherwise is not a finding. The choices are those on which published scaling laws differ: what N counts (Porian et al.
2024, arXiv 2406.19146), the loss and its δ, outliers (Besiroglu et al. 2024, arXiv 2404.10102), the range of runs, and
the law itself, with E or, as Kaplan et al. 2020 (arXiv 2001.08361), without.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from lab.analysis.laws.cache import Starts, fit_once
from lab.analysis.laws.named import choose_units, load_law
from lab.analysis.optimum.frontier import find_frontier
from lab.analysis.selection import select_runs
from lab.core.columns import CONVENTIONS
from lab.core.errors import UnknownNameError
from lab.core.estimate import Estimate
from lab.core.registry import open_shelf
from lab.scaling import Data, Fit, Huber, Law, LeastSquares, Loss, Status
from lab.tables import Tables

MOST_CHANGED = 0.2  # share of the analyses beyond which a conclusion is fragile (docs/judging.md)
FEWEST_ANSWERS = 8  # analyses with an answer, below which there is no grid to speak of
FORECAST_REACH = 10.0  # a forecast is of the loss at this multiple of the largest size and of the longest horizon
CHOICES = ("law", "convention", "loss", "window", "outliers")
DEVIATIONS = 3.0

Rows = pd.DataFrame
_NEEDED = ["run_key", "trunk_key", "seed", "size", "tokens", *CONVENTIONS, "flops", "flops_6nd", "loss_nats"]
_NORMAL_MAD = 1.4826022185056018  # of a standard normal's scale per median absolute deviation

# δ = 0.001, far below the scatter of runs, stands for least absolute deviations, which take twenty times as long.
LOSSES: dict[str, Loss] = {
    "Huber, δ = 0.01": Huber(0.01),
    "Huber, δ = 0.001": Huber(0.001),
    "least squares": LeastSquares(),
}
WINDOWS: dict[str, Callable[[Rows, str], Rows]] = {
    "all runs": lambda rows, size: rows,
    "without smallest size": lambda rows, size: rows[rows[size] > rows[size].min()],
    "without shortest horizon": lambda rows, size: rows[rows["tokens"] > rows["tokens"].min()],
    "D ≥ 5 N": lambda rows, size: rows[rows["tokens"] >= 5 * rows[size]],
}
HIGHEST, FAR = "without 5 highest losses", "without |residual| > 3 MAD"
OUTLIERS = ("no run dropped", HIGHEST, FAR)


@dataclass(frozen=True)
class Target:
    """What a multiverse is of. `laws` that have it, the first being the default; `against` is what a law of one
    variable scales.
    """

    laws: tuple[str, ...]
    against: str = "size"
    conventions: tuple[str, ...] = CONVENTIONS


TARGETS = {
    "alpha": Target(("chinchilla", "tied", "power", "pure_power")),
    "beta": Target(("chinchilla", "tied", "power", "pure_power"), "tokens"),
    "a": Target(("chinchilla", "kaplan_joint")),
    "gamma": Target(("pure_power", "power"), "compute", ("flops", "flops_6nd")),
    "forecast": Target(("chinchilla", "tied", "kaplan_joint")),
}


@dataclass(frozen=True)
class Multiverse:
    """`frame`: a row per analysis of the grid, the first the default: the five choices; value, low and high (95 %),
    status and reason of the fit; units, runs (fitted); `repeats` (it fits the very data of an earlier row with the same
    law and loss: not counted again), `answers` (converged, with an interval) and `changed` (the conclusion is not the
    default's). `badge` is 'robust', 'fragile' or 'not assessed', `reason` says why in a sentence.
    """

    estimate: str
    default: Estimate
    badge: str
    reason: str
    frame: pd.DataFrame = field(repr=False)
    rows_used: pd.DataFrame = field(repr=False)

    @property
    def counted(self) -> pd.DataFrame:
        """The analyses that differ from every earlier one and gave an answer."""
        return self.frame[self.frame["answers"] & ~self.frame["repeats"]]

    @property
    def refused(self) -> pd.DataFrame:
        """The analyses without an answer, each with its status and reason."""
        return self.frame[~self.frame["answers"] & ~self.frame["repeats"]]

    @property
    def share_changed(self) -> float:
        """Of the analyses counted, those that change the conclusion; NaN where none is counted."""
        return float(self.counted["changed"].mean()) if len(self.counted) else math.nan

    def compare_choices(self) -> pd.DataFrame:
        """One row per option of every choice that makes a difference: choice, option, analyses (with an answer;
        repetitions included, so that the options of a choice are compared over the same others), median, lowest and
        highest of the estimate over them, and the share `changed`.
        """
        rows = []
        for choice in CHOICES:
            for option, own in self.frame.groupby(choice, sort=False):
                if not own["repeats"].all():
                    own = own[own["answers"]]
                    spread = (own["value"].median(), own["value"].min(), own["value"].max())
                    rows.append((choice, option, len(own), *spread, own["changed"].mean()))
        return pd.DataFrame(rows, columns=["choice", "option", "analyses", "median", "lowest", "highest", "changed"])


def assess_robustness(
    tables: Tables, estimate: str = "alpha", conclude: Callable[[Estimate], object] | None = None
) -> Multiverse:
    """The multiverse of one of `TARGETS` and its badge.

    The conclusion is `conclude(estimate)`, for a claim its verdict; without one, whether the value lies within the 95 %
    interval of the default analysis. It is fragile where more than a fifth of the analyses that answer conclude
    otherwise. Raises `UnknownNameError` for an estimate that is none.
    """
    if estimate not in TARGETS:
        raise UnknownNameError.among("estimate of the multiverse", estimate, TARGETS)
    rows = select_runs(tables).rows[_NEEDED]
    analyses, estimates = zip(*_fit_answerable(rows, estimate), strict=True)
    frame, default = pd.DataFrame(analyses), estimates[0]
    decide = conclude or (lambda other: default.contains(other.value))
    concluded = decide(default)
    pairs = zip(frame["answers"], estimates, strict=True)
    frame["changed"] = [bool(answers and decide(other) != concluded) for answers, other in pairs]
    found = Multiverse(estimate, default, "", "", frame, rows)
    badge, reason = _judge(found)
    return replace(found, badge=badge, reason=reason)


def assess_exponents(tables: Tables, names: Iterable[str]) -> dict[str, Multiverse]:
    """The multiverse of every exponent among `names`, each by its own default analysis."""
    wanted = [name for name in dict.fromkeys(names) if name in TARGETS]
    return {name: assess_robustness(tables, name) for name in wanted}


def _fit_answerable(rows: pd.DataFrame, estimate: str) -> Iterator[tuple[dict[str, Any], Estimate]]:
    """All analyses, the default first; nothing but the default where that has no answer to hold the others against."""
    analyses = _fit_all(rows, estimate)
    first = next(analyses)
    yield first
    if first[0]["answers"]:
        yield from analyses


def _judge(found: Multiverse) -> tuple[str, str]:
    """The badge and the sentence that gives its reason."""
    count, silent = len(found.counted), len(found.refused)
    if not found.frame["answers"].iloc[0]:
        return "not assessed", f"the default analysis has no answer: {found.frame['reason'].iloc[0]}"
    if count < FEWEST_ANSWERS:
        return "not assessed", f"{count} analyses gave an answer, {silent} did not; {FEWEST_ANSWERS} are needed"
    changed = int(found.counted["changed"].sum())
    badge = "fragile" if changed > MOST_CHANGED * count else "robust"
    return badge, f"{changed} of {count} analyses conclude otherwise ({changed / count:.0%}); {silent} gave no answer"


def _fit_all(rows: Rows, name: str) -> Iterator[tuple[dict[str, Any], Estimate]]:
    """The analyses of the grid as rows, each with its estimate, in the order of `CHOICES`, the default first."""
    target, shelf = TARGETS[name], open_shelf("laws").names()
    laws = {law: load_law(law) for law in target.laws if law in shelf}
    first = _find_first(rows, target.conventions)
    cuts = {cut: _cut(rows, *cut) for cut in itertools.product(set(first.values()), WINDOWS, OUTLIERS)}
    seen: set[tuple[object, ...]] = set()
    begun: dict[tuple[str, str], Starts] = {}  # where the first fit of a law and convention ended, others begin
    for law, convention, loss, window, outliers in itertools.product(
        laws, target.conventions, LOSSES, WINDOWS, OUTLIERS
    ):
        same = first[convention]
        kept = _slice(cuts[same, window, outliers], laws[law], target.against, same)
        columns = _name_columns(laws[law], target.against, same)
        fit = _fit_one(kept, laws[law], columns, LOSSES[loss], begun.get((law, same)), outliers)
        if fit.status is Status.CONVERGED and fit.theta is not None:
            begun.setdefault((law, same), (tuple(fit.theta.tolist()),))
        estimate = _read(fit, name, rows, columns)
        key = (fit.law, str(fit.loss), fit.data_hash)
        analysis = {
            **dict(zip(CHOICES, (law, convention, loss, window, outliers), strict=True)),
            **{end: getattr(estimate, end) for end in ("value", "low", "high")},
            **{"status": str(fit.status), "reason": fit.reason, "units": fit.units, "runs": fit.n},
            "repeats": key in seen,
            "answers": fit.status is Status.CONVERGED and estimate.has_interval,
        }
        yield analysis, estimate
        seen.add(key)


def _find_first(rows: Rows, conventions: tuple[str, ...]) -> dict[str, str]:
    """For each convention the first that counts the same in every run: where all experts are active, all the same."""
    return {own: next(c for c in conventions if rows[c].equals(rows[own])) for own in conventions}


def _cut(rows: Rows, convention: str, window: str, outliers: str) -> Rows:
    """The rows of a window, less the highest losses where that is the rule."""
    kept = WINDOWS[window](rows, convention if convention in CONVENTIONS else "params_total")
    return kept.drop(kept["loss_nats"].nlargest(5).index) if outliers == HIGHEST else kept


def _fit_one(rows: Rows, law: Law, columns: dict[str, str], loss: Loss, starts: Starts | None, outliers: str) -> Fit:
    fit = _fit(rows, law, columns, loss, starts)
    if outliers == FAR and fit.theta is not None:
        return _fit(_drop_far(rows, fit, columns), law, columns, loss, starts)
    return fit


def _slice(rows: Rows, law: Law, against: str, convention: str) -> Rows:
    """The rows a law reads: all; for one variable the longest horizon, the largest size or the frontier."""
    if len(law.predictors) > 1 or rows.empty:
        return rows
    if against == "compute":
        return find_frontier(rows, convention)
    held = "tokens" if against == "size" else "size"
    return rows[rows[held].eq(rows[held].max()) | rows[held].isna()]


def _name_columns(law: Law, against: str, convention: str) -> dict[str, str]:
    if len(law.predictors) == 1:
        return {law.predictors[0]: "tokens" if against == "tokens" else convention}
    return {name: convention if name == "size" else name for name in law.predictors}


def _fit(rows: Rows, law: Law, columns: dict[str, str], loss: Loss, starts: Starts | None) -> Fit:
    x = {name: rows[column].to_numpy(float) for name, column in columns.items()}
    unit, units = choose_units(law, rows, x)
    return fit_once(law, Data(x, rows["loss_nats"].to_numpy(float), units, unit), loss, starts)


def _drop_far(rows: Rows, fit: Fit, columns: dict[str, str]) -> Rows:
    """The rows whose log residual is within three scaled median absolute deviations of the median."""
    x: dict[str, Any] = {name: rows[column].to_numpy(float) for name, column in columns.items()}
    away = np.log(rows["loss_nats"].to_numpy(float) / fit.predict_mean(**x).value)
    away = np.abs(away - np.median(away))
    near: Rows = rows[away <= DEVIATIONS * _NORMAL_MAD * np.median(away)]
    return near


def _read(fit: Fit, name: str, rows: Rows, columns: dict[str, str]) -> Estimate:
    """The estimate called `name` of a fit; a law with one exponent calls it α, whatever it is of."""
    if name != "forecast":
        lone = name in ("beta", "gamma") and name not in fit.form.names
        return replace(fit.find("alpha" if lone else name), name=name)
    x: dict[str, Any] = {role: FORECAST_REACH * rows[column].max() for role, column in columns.items()}
    value, low, high = (float(end[0]) for end in fit.predict_mean(**x))
    method = fit.uncertainty.method if fit.uncertainty else fit.reason
    return Estimate(name, value, low, high, unit="nats/token", method=method, n=fit.units)
