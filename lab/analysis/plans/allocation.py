"""What to train for a budget: the size and the tokens of least loss, what is foretold of them, what a mistake costs.

The best size has an interval because the law's parameters have one (delta method on its logarithm); the loss foretold
is that of one run more. Simulated at the design of the reference study (33 trunks, 60 runs, 200 studies) the intervals
of the size, of tokens per parameter and of the mean loss cover 95 to 97 % at 1, 10 and 100 times its largest compute,
where the law is true there, which no interval knows. Hoffmann et al. 2022, arXiv 2203.15556, section 3.4.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq

from lab.analysis.laws.named import NamedFit
from lab.analysis.plans.surfaces import (
    MOST_LOG,
    REPEATED_SIZE,
    REPEATED_TOKENS,
    TRAINING,
    LogLoss,
    Workload,
    WorkloadSurface,
)
from lab.core.errors import InputError
from lab.core.estimate import Estimate
from lab.scaling import Fit
from lab.scaling.result import differentiate

Array = NDArray[Any]

FAR = 10.0  # times the data: beyond, a forecast is an act of faith
FLAT = 0.01  # of the best loss
MOST_EPOCHS = 40.0  # beyond, repeating is worth nothing (Muennighoff et al. 2023, figure 1)
SAME_COST = 0.02  # of the logarithm of two counts of compute
WRONG = (0.5, 2.0)  # sizes, as multiples of the best
_STEP = 1e-4  # of a parameter, to differentiate a plan by


def propagate(fit: Fit, function: Callable[[Array], float], name: str, unit: str = "") -> Estimate:
    """exp of `function` of the parameters with the 95 % interval of the delta method on it; `function` gives a log."""
    assert fit.theta is not None
    value = function(fit.theta)
    estimate = Estimate(name, math.exp(value), unit=unit, n=fit.units, method=fit.reason)
    if fit.uncertainty is None:
        return estimate
    slope = differentiate(fit.form, fit.theta, lambda rows: np.array([function(row) for row in rows]), _STEP)
    half = fit.uncertainty.reach(0.95) * math.sqrt(max(0.0, float(slope @ fit.uncertainty.covariance @ slope)))
    low, high = math.exp(value - half), math.exp(min(value + half, 700.0))
    return replace(estimate, low=low, high=high, method=f"delta method, {fit.uncertainty.method}")


@dataclass(frozen=True)
class Mistake:
    """A wrong size at the same compute: `factor` of the best; `regret` is the loss over the best less 1, `deadweight`
    the share of compute more that this size needs for the best loss (infinite: it never reaches it). Without tokens
    left to train on, loss and regret are infinite.
    """

    factor: float
    size: float
    tokens: float
    loss: float
    regret: float
    deadweight: float


@dataclass(frozen=True)
class Allocation:
    """What to train with `compute` (FLOP): `estimates` (size, tokens, tokens per parameter, loss of one run and of the
    mean, sizes of the flat range, the expected regret), the cost of `mistakes`, how far beyond the data it is (`reach`,
    multiples of the largest training compute, size and tokens fitted), and `warnings` in sentences.
    """

    compute: float
    surface: WorkloadSurface
    estimates: list[Estimate]
    mistakes: list[Mistake]
    reach: dict[str, float]
    warnings: list[str]

    def find(self, name: str) -> Estimate:
        """The estimate called `name`."""
        return next(estimate for estimate in self.estimates if estimate.name == name)


def allocate(fit: Fit, compute: float, workload: Workload | None = None, rows: NamedFit | None = None) -> Allocation:
    """The best use of `compute` (FLOP, lifetime) by a fitted law of size and tokens.

    `rows` is the same fit with the runs behind it, from which the reach is measured. Raises `InputError` where the fit
    has no answer, or one of many that fit alike, or the law no optimum.
    """
    if fit.theta is None:
        raise InputError(f"law {fit.law}", None, fit.reason, fit.next_step)
    if math.isinf(fit.condition):
        rule = f"the runs do not tell its parameters apart ({fit.reason})"
        raise InputError(
            f"law {fit.law}", None, rule, "a plan by one of many laws that fit alike is none; name another"
        )
    surface = WorkloadSurface(fit, workload or Workload())
    log_size = surface.find_best(fit.theta, compute)
    size = math.exp(log_size)
    tokens = float(surface.workload.tokens(size, compute))
    reach = measure_reach(rows, size, tokens) if rows is not None else {}
    estimates = _estimate(surface, compute, log_size)
    mistakes = [_cost_mistake(surface, compute, log_size, factor) for factor in WRONG]
    warnings = _warn(surface, reach, tokens) + ([] if rows is None else _compare_costs(rows))
    return Allocation(compute, surface, estimates, mistakes, reach, warnings)


def bracket_flat(loss: LogLoss, best: float, share: float = FLAT) -> tuple[float, float]:
    """The sizes around ln N = `best` whose loss is within `share` of the least; an end is 0 or infinite where none."""
    bar = float(loss(np.array([best]))[0]) * (1 + share)

    def exceed(log_size: float) -> float:
        return float(np.minimum(loss(np.array([log_size])), 2 * bar)[0]) - bar

    ends = []
    for side, none in ((-1, 0.0), (1, math.inf)):
        steps = best + side * np.arange(1, 241) * 0.25
        outside = next((step for step in steps if exceed(float(step)) > 0), None)
        ends.append(none if outside is None else math.exp(float(brentq(exceed, best, outside))))
    return ends[0], ends[1]


def measure_reach(named: NamedFit, size: float, tokens: float) -> dict[str, float]:
    """Training compute (6·N·D), size and tokens of a plan over the largest that were fitted."""
    columns = dict(zip(named.fit.predictors, named.columns, strict=True))
    sizes = named.rows_used[columns["size"]].to_numpy(float)
    seen = named.rows_used[columns["tokens"]].to_numpy(float)
    largest = {"compute": float((sizes * seen).max()), "size": float(sizes.max()), "tokens": float(seen.max())}
    return {name: value / largest[name] for name, value in
            {"compute": size * tokens, "size": size, "tokens": tokens}.items()}  # fmt: skip


def _estimate(surface: WorkloadSurface, compute: float, log_size: float) -> list[Estimate]:
    fit, workload = surface.fit, surface.workload
    assert fit.theta is not None

    def log_tokens(theta: Array) -> float:
        return math.log(workload.tokens(math.exp(surface.find_best(theta, compute)), compute))

    def log_ratio(theta: Array) -> float:
        return log_tokens(theta) - surface.find_best(theta, compute)

    size = math.exp(log_size)
    at = surface.bind(fit.theta)(np.array([size]), np.array([workload.tokens(size, compute)]))
    flat = bracket_flat(surface.trace(fit.theta, compute), log_size)
    method = fit.uncertainty.method if fit.uncertainty else fit.reason
    forecasts = {"loss of one run": fit.predict_new_run(**at), "mean loss": fit.predict_mean(**at)}
    losses = [
        Estimate(name, float(value[0]), float(low[0]), float(high[0]), 0.95, "nats/token", method, fit.units)
        for name, (value, low, high) in forecasts.items()
    ]
    within = f"size within {FLAT:.0%} of the least loss, by the fitted law"
    unsure = "½·(d²ln L/d(ln N)²)·Var(ln N*): the mean loss over the least, less 1, from not knowing the best size"
    return [
        propagate(fit, lambda theta: surface.find_best(theta, compute), "best size", "parameters"),
        propagate(fit, log_tokens, "tokens", "tokens"),
        propagate(fit, log_ratio, "tokens per parameter"),
        *losses,
        Estimate("flat from", flat[0], unit="parameters", method=within, n=fit.units),
        Estimate("flat to", flat[1], unit="parameters", method=within, n=fit.units),
        Estimate(
            "expected regret",
            _expect_regret(surface, compute, log_size),
            unit="of the loss",
            method=unsure,
            n=fit.units,
        ),
    ]


def _expect_regret(surface: WorkloadSurface, compute: float, log_size: float) -> float:
    """The share of the loss that the uncertainty of the best size costs on average, to second order."""
    fit, step = surface.fit, 0.01
    if fit.uncertainty is None or fit.theta is None:
        return math.nan
    before, here, after = np.log(surface.trace(fit.theta, compute)(log_size + step * np.array([-1.0, 0.0, 1.0])))
    best = propagate(fit, lambda theta: surface.find_best(theta, compute), "best size")
    deviation = math.log(best.high / best.value) / fit.uncertainty.reach(0.95)
    return float(before - 2 * here + after) / step**2 * deviation**2 / 2


def _cost_mistake(surface: WorkloadSurface, compute: float, log_size: float, factor: float) -> Mistake:
    theta, workload = surface.fit.theta, surface.workload
    assert theta is not None
    read = surface.trace(theta, compute)
    best = float(read(np.array([log_size]))[0])
    size = factor * math.exp(log_size)
    loss = float(read(np.array([math.log(size)]))[0])
    tokens = max(0.0, float(workload.tokens(size, compute)))
    return Mistake(factor, size, tokens, loss, loss / best - 1, _find_deadweight(surface, theta, size, compute, best))


def _find_deadweight(surface: WorkloadSurface, theta: Array, size: float, compute: float, best: float) -> float:
    """Share of compute more with which a model of `size` reaches the loss `best`; infinite where none does."""

    def exceed(log_more: float) -> float:
        tokens = surface.workload.tokens(size, compute * math.exp(log_more))
        return float(surface.measure(theta, size, tokens)[0]) - best if tokens >= 1 else math.inf

    steps = np.arange(0, MOST_LOG, 0.25)
    reached = next((float(step) for step in steps if exceed(float(step)) <= 0), None)
    started = next((float(step) for step in steps if math.isfinite(exceed(float(step)))), 0.0)
    if reached is None:
        return math.inf
    if reached <= started:
        return math.expm1(reached)
    return math.expm1(float(brentq(exceed, max(started, reached - 0.25), reached)))


def _compare_costs(named: NamedFit) -> list[str]:
    """A sentence where the runs' own count of FLOP is not 6·N·D of the plan's N."""
    columns = dict(zip(named.fit.predictors, named.columns, strict=True))
    rows = named.rows_used
    product = TRAINING * rows[columns["size"]].to_numpy(float) * rows[columns["tokens"]].to_numpy(float)
    ratio = rows["flops"].to_numpy(float) / product
    if not np.isfinite(ratio).all() or np.abs(np.log(ratio)).max() < SAME_COST:
        return []
    low, high = ratio.min(), ratio.max()
    return [f"C is 6·N·D; counted over every matrix product the runs cost {low:.3g} to {high:.3g} times that"]


def _warn(surface: WorkloadSurface, reach: dict[str, float], tokens: float) -> list[str]:
    fit, found = surface.fit, []
    if far := {name: times for name, times in reach.items() if times > FAR}:
        told = ", ".join(f"{name} {times:.3g}×" for name, times in far.items())
        found.append(
            f"Far beyond the data ({told} the largest fitted): the interval holds only if the law does, "
            "which no run here has tested"
        )
    if near := [name for name, times in reach.items() if 1 < times <= FAR]:
        told = ", ".join(f"{name} {reach[name]:.3g}×" for name in near)
        found.append(f"An extrapolation: {told} the largest fitted")
    if fit.reason and fit.units:
        found.append(f"The fit is {fit.status}: {fit.reason}. {fit.next_step}".rstrip(". "))
    if (epochs := tokens / surface.workload.unique_tokens) > MOST_EPOCHS:
        found.append(
            f"{epochs:.3g} epochs: beyond about {MOST_EPOCHS:g} more of them are worth nothing; data are short"
        )
    if surface.borrows:
        found.append(
            f"Repeated data are worth what Muennighoff et al. 2023 published (R_D* = {REPEATED_TOKENS:.2f}, R_N* = "
            f"{REPEATED_SIZE:.2f}), not what these runs say; their own runs hardly identify either (R_D* from 15 to "
            "260 fits within 0.2 %), and no interval here includes it"
        )
    return found
