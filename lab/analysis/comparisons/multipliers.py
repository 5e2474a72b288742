"""Compute multipliers: how much compute one recipe needs for the loss another reaches, and how that changes with scale.

m(C) = C_g(L_ref(C)) / C, where L_ref(C) is the least loss of the reference at compute C and C_g its inverse for the
other recipe (Hernandez and Brown 2020, arXiv 2005.04305, for one loss). Below 1 the recipe saves compute. Least losses
are those of the fitted law: with C = k·N^s·D, the minimum over N of E + A·N^(−α) + B·D^(−β) is E + K·C^(−γ) with
γ = αβ/(α + sβ) (Hoffmann et al. 2022, arXiv 2203.15556, eq. 4, there with s = 1).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lab.analysis.comparisons.recipes import RecipeComparison
from lab.analysis.laws.grouped import measure, measure_ratio
from lab.core.columns import describe_column
from lab.core.estimate import Estimate

Array = NDArray[Any]

BEYOND = (10.0, 100.0)  # multiples of the last point within the runs at which the extrapolated multipliers stand
_ROUND = 1e-9
_TRACE = 61  # points at which the range within the runs is looked for


@dataclass(frozen=True)
class Multiplier:
    """`group` against `reference`, along `column` (compute; the predictor of a law of one variable).

    `frame`: `column` (of the reference), loss_nats (its least loss there), value, low and high (95 %), place: 'within'
    the runs of both or 'extrapolated'. `estimates` are the same rows. `trend` is d ln m / d ln C between the ends of
    what is within: above 0 the advantage shrinks with scale. `reason` says why there is none.
    """

    group: str
    reference: str
    column: str
    frame: pd.DataFrame = field(repr=False)
    estimates: tuple[Estimate, ...]
    trend: Estimate
    reason: str = ""
    next_step: str = ""

    @property
    def middle(self) -> Estimate:
        """The multiplier in the middle of what is within; NaN with the reason where there is none."""
        count = int((self.frame["place"] == "within").sum())
        return self.estimates[count // 2] if count else Estimate("multiplier", math.nan, method=self.reason)

    def describe(self) -> str:
        """One sentence on the multiplier and its trend."""
        what = describe_column(self.column).definition.split(";")[0]
        if self.reason:
            return f"no multiplier of {what}: {self.reason}"
        at = float(self.frame[self.column].iloc[int((self.frame["place"] == "within").sum()) // 2])
        needs = f"{self.group} needs {self.middle} times the {what} of {self.reference} for its loss at {at:.3g}"
        if not self.trend.has_interval or self.trend.contains(0.0):
            return f"{needs}; no trend with scale is seen ({self.trend})"
        change = "rises" if self.trend.value > 0 else "falls"
        return f"{needs}; it {change} with scale, d ln m / d ln C = {self.trend}"


def measure_multipliers(found: RecipeComparison, points: int = 5) -> list[Multiplier]:
    """The multiplier of every group against the reference, at `points` computes within the runs and beyond them.

    Within: the best size and horizon of the reference at its compute, and those of the group at the compute it needs,
    lie among the ones trained. A law of one variable gives the multiplier of that variable: of tokens at equal size, of
    parameters at equal tokens. Intervals are the fit's own, by the delta method on ln m.
    """
    if found.reason:
        return []
    reference, *others = (Frontier(found, group) for group in found.groups)
    return [_measure(found, group, reference, points) for group in others]


def trace_frontiers(found: RecipeComparison, points: int = 60) -> pd.DataFrame:
    """The least loss of every group across its own runs: series, the column of the axis, loss_nats."""
    parts = []
    for group in found.groups if not found.reason else ():
        frontier = Frontier(found, group)
        at = np.geomspace(*frontier.span, points)
        assert found.own is not None and found.own.theta is not None
        loss = frontier.predict(found.own.theta[None], at)[0]
        parts.append(pd.DataFrame({"series": group, frontier.column: at, "loss_nats": loss}))
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


class Frontier:
    """The least loss of a group along `column`, E + K·C^(−γ), as a function of the parameters of the comparison's fit.

    A joint law is minimised over N at C = k·N^s·D, k and s being fitted to the group's own runs.
    """

    def __init__(self, found: RecipeComparison, group: str) -> None:
        self.group, self._columns, self._terms = group, found.columns, found.law.terms
        self._places = dict(zip(found.law.names, found.read_group(group), strict=True))
        rows = found.rows_used[found.rows_used[found.by] == group]
        self.joint = len(found.columns) > 1
        self.column = found.compute if self.joint else next(iter(found.columns.values()))
        watched = (*found.columns.values(), self.column)
        self._spans = {column: (rows[column].min(), rows[column].max()) for column in watched}
        if self.joint:
            size = np.log(rows[found.columns["size"]].to_numpy(float))
            per_token = np.log((rows[found.compute] / rows["tokens"]).to_numpy(float))
            self._s, level = np.polyfit(size - size.mean(), per_token, 1)
            self._k = math.exp(level - self._s * size.mean())

    @property
    def span(self) -> tuple[float, float]:
        """The least and the most of `column` among the runs."""
        return self._spans[self.column]

    def read(self, theta: Array) -> tuple[Array, Array, Array]:
        """E, K and γ, (r,) each, of parameters (r, p)."""
        constant, powers = self._split(theta)
        if not self.joint:
            return constant, *powers[self.column]
        (a, alpha), (b, beta) = powers[self._columns["size"]], powers["tokens"]
        slope = alpha + self._s * beta
        factor = a * (1 + alpha / (self._s * beta)) * (alpha * a / (self._s * beta * b)) ** (-alpha / slope)
        gamma = alpha * beta / slope
        return constant, factor * self._k**gamma, gamma

    def reach(self, theta: Array, loss: Array) -> Array:
        """ln of what `loss` (r, n) costs on the frontier; NaN for a loss at or below E."""
        constant, factor, gamma = (value[:, None] for value in self.read(theta))
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.asarray((np.log(factor) - np.log(loss - constant)) / gamma)

    def predict(self, theta: Array, at: Array) -> Array:
        """The least loss (r, n) at compute (n,)."""
        constant, factor, gamma = (value[:, None] for value in self.read(theta))
        return np.asarray(constant + factor * at**-gamma)

    def holds(self, theta: Array, at: Array) -> Array:
        """Whether compute (n,), and the size and horizon best at it, are among those of the runs; theta (p,)."""
        shares = {self.column: at}
        if self.joint:
            _, powers = self._split(theta[None])
            (a, alpha), (b, beta) = powers[self._columns["size"]], powers["tokens"]
            ratio = alpha * a / (self._s * beta * b)
            size = (ratio * (at / self._k) ** beta) ** (1 / (alpha + self._s * beta))
            shares |= {self._columns["size"]: size, "tokens": at / (self._k * size**self._s)}
        inside = np.ones(len(at), bool)
        for column, values in shares.items():
            low, high = self._spans[column]
            inside &= (values >= low * (1 - _ROUND)) & (values <= high * (1 + _ROUND))
        return inside

    def _split(self, theta: Array) -> tuple[Array, dict[str, tuple[Array, Array]]]:
        """The constant (r,) and, by column, coefficient and exponent of each power."""
        constant, powers = np.zeros(len(theta)), {}
        for term in self._terms:
            coefficient = theta[:, self._places[term.coefficient]]
            if term.exponent:
                powers[self._columns[term.predictor]] = (coefficient, theta[:, self._places[term.exponent]])
            else:
                constant = coefficient
        return constant, powers


def _measure(found: RecipeComparison, other: Frontier, reference: Frontier, points: int) -> Multiplier:
    own = found.own
    assert own is not None and own.theta is not None

    def weigh(theta: Array, at: Array) -> Array:
        return other.reach(theta, reference.predict(theta, at)) - np.log(at)

    name = f"multiplier[{other.group}/{reference.group}]"
    trace = np.geomspace(*reference.span, _TRACE)
    log_m = weigh(own.theta[None], trace)[0]
    inside = reference.holds(own.theta, trace) & other.holds(own.theta, trace * np.exp(log_m))
    if not inside.any():
        return _refuse(name, other, reference, bool(np.isfinite(log_m).any()))
    first, last = trace[inside][[0, -1]]
    within = np.geomspace(first, last, points if last > first else 1)
    at = np.concatenate([within, last * np.array(BEYOND)])
    estimates = tuple(measure_ratio(own, name, partial(_pick, weigh, one)) for one in at[:, None])
    frame = pd.DataFrame(
        {
            reference.column: at,
            "loss_nats": reference.predict(own.theta[None], at)[0],
            **{end: [getattr(e, end) for e in estimates] for end in ("value", "low", "high")},
            "place": ["within"] * len(within) + ["extrapolated"] * len(BEYOND),
        }
    )
    ends, title = np.array([first, last]), f"trend of {name}"
    if first == last:
        trend = Estimate(title, math.nan, method="one compute only lies within the runs of both", n=own.units)
    else:
        trend = measure(own, title, lambda theta: np.diff(weigh(theta, ends))[:, 0] / math.log(last / first))
    return Multiplier(other.group, reference.group, reference.column, frame, estimates, trend)


def _pick(weigh: Callable[[Array, Array], Array], at: Array, theta: Array) -> Array:
    return weigh(theta, at)[:, 0]


def _refuse(name: str, other: Frontier, reference: Frontier, reached: bool) -> Multiplier:
    if reached:
        reason = f"nowhere are the best size and horizon of {reference.group} and of {other.group} among those trained"
        next_step = "run both at overlapping losses, over a wider range of sizes and horizons"
    else:
        reason = f"{other.group} never reaches a loss of {reference.group}: its E is above them"
        next_step = f"run {other.group} larger and longer; a multiplier needs losses that both reach"
    blank = Estimate(name, math.nan, method=reason)
    columns = [reference.column, "loss_nats", "value", "low", "high", "place"]
    frame = pd.DataFrame(columns=columns)
    return Multiplier(other.group, reference.group, reference.column, frame, (), blank, reason, next_step)
