"""Fitting: starts, search, diagnosis, intervals; one path for every law."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lab.scaling.chart import Chart
from lab.scaling.data import Data
from lab.scaling.intervals import assess
from lab.scaling.law import Law, check_gradient, check_law
from lab.scaling.losses import Huber, Loss
from lab.scaling.requirements import find_refusal
from lab.scaling.result import Fit, Status, Uncertainty, find_log_slopes
from lab.scaling.search import Found, search
from lab.scaling.starts import find_starts

Array = NDArray[Any]

STARTS = 9  # blocks of the grid of nonlinear parameters, each giving its best node
_SAME = 1e-6  # relative difference of the objective within which two starts agree
_NO_SHARE = 1e-6  # of the loss, below which a term has left the law
_WORST_CONDITION = 1e7  # of the scaled Jacobian: beyond, half the digits of the covariance are gone


def fit_law(law: Law, data: Data, loss: Loss | None = None, resamples: int = 0, seed: int = 0) -> Fit:
    """Fit `law` to `data` by the summed `loss` on the logarithm (default: Huber at 1 %).

    Trouble with the data is the status of the result; `InputError` is raised only for a law that is not one.
    `resamples` asks for bootstrap draws over units beside the default interval.
    """
    check_law(law)
    loss = loss or Huber()
    blank = Fit(law, Status.REFUSED, str(loss), len(data), data.unit_count, data.hash)
    if refusal := find_refusal(law, data):
        return replace(blank, reason=refusal.reason, next_step=refusal.next_step)
    chart, found = _search(law, data, loss)
    best = int(np.argmin(found.objective))
    if not found.converged[best]:
        reason = "the search never left its start" if found.steps[best] == 0 else "the search did not converge"
        return replace(blank, status=Status.FAILED, reason=reason, next_step="look at the data; try another law")
    theta = chart.write(found.u)[best]
    agree = found.converged & (found.objective <= found.objective[best] * (1 + _SAME) + 1e-28 * len(data))
    at_bound, condition = find_bounds(law, data, theta), find_condition(law, data, theta)
    bearable = not at_bound and condition <= _WORST_CONDITION
    uncertainty = assess(law, loss, data, chart, theta, resamples, seed) if bearable else None
    status, reason, next_step = diagnose(law, theta, at_bound, condition, uncertainty)
    return replace(
        blank,
        status=status,
        reason=reason,
        next_step=next_step,
        theta=theta,
        objective=float(found.objective[best]),
        decrement=float(found.decrement[best]),
        agreement=float(agree.mean()),
        condition=condition,
        at_bound=at_bound,
        uncertainty=uncertainty,
    )


def find_bounds(law: Law, data: Data, theta: Array) -> tuple[str, ...]:
    """The parameters at a bound: a nonlinear one at its end, a positive linear one whose term has left the law."""
    found = []
    total = law.predict(theta, **data.x)
    for j, parameter in enumerate(law.parameters):
        if parameter.linear and parameter.low == 0:
            without = theta.copy()
            without[j] = 0.0
            hit = bool((np.abs(total - law.predict(without, **data.x)) < _NO_SHARE * total).all())
        else:
            near = 1e-9 * max(1.0, abs(theta[j]))
            hit = theta[j] <= parameter.low + near or theta[j] >= parameter.high - near
        if hit:
            found.append(parameter.name)
    return tuple(found)


def find_condition(law: Law, data: Data, theta: Array) -> float:
    """The condition number of the Jacobian of ln f with its columns scaled to length 1; infinite where one is 0."""
    slopes = find_log_slopes(law, theta, dict(data.x))
    length = np.linalg.norm(slopes, axis=0)
    if not (np.isfinite(slopes).all() and (length > 0).all()):
        return float("inf")
    return float(np.linalg.cond(slopes / length))


def diagnose(
    law: Law, theta: Array, at_bound: tuple[str, ...], condition: float, uncertainty: Uncertainty | None
) -> tuple[Status, str, str]:
    """Status, reason and next step of a search that converged."""
    if at_bound:
        names = " and ".join(at_bound)
        return Status.BOUND_HIT, f"{names} ran into a bound", "fit a law without it, or run a wider range"
    if uncertainty is None:
        reason = f"the data do not tell the parameters apart (condition number {condition:.0e})"
        return Status.UNIDENTIFIED, reason, "run a wider range of every predictor"
    ends = uncertainty.bracket(law, theta, 0.95)
    open_ended = [
        parameter.name
        for parameter, low, high in zip(law.parameters, *ends, strict=True)
        if not parameter.linear and (low <= parameter.low or high >= parameter.high)
    ]
    if open_ended:
        reason = f"the interval of {' and '.join(open_ended)} reaches the end of its range"
        return Status.UNIDENTIFIED, reason, "run a wider range, more seeds, or fit a law with fewer parameters"
    return Status.CONVERGED, "", ""


def _search(law: Law, data: Data, loss: Loss) -> tuple[Chart, Found]:
    chart = law.chart(data.x)
    starts = find_starts(law, data.x, data.y, np.ones((1, len(data))), STARTS)[0]
    check_gradient(law, starts[0], data.x)
    weights = np.ones((len(starts), len(data)))
    return chart, search(chart, loss, np.log(data.y), weights, chart.read(starts))
