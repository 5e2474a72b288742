"""Fitting: starts, search, diagnosis, intervals; one path for every law."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lab.core.errors import InputError
from lab.scaling.data import Data
from lab.scaling.diagnosis import diagnose, find_bounds, find_condition, look_at_residuals
from lab.scaling.general import search_general
from lab.scaling.intervals import assess, check_method
from lab.scaling.law import Law, check_gradient, check_law
from lab.scaling.losses import Huber, Loss
from lab.scaling.problem import Problem
from lab.scaling.requirements import find_refusal
from lab.scaling.result import Fit, Status
from lab.scaling.search import RIVALS, Found, search_starts
from lab.scaling.starts import find_starts

Array = NDArray[Any]

STARTS = 9  # blocks of the grid of nonlinear parameters, each giving its best node
_SAME = 1e-6  # relative difference of the objective within which two starts agree
_WORST_CONDITION = 1e10  # of the scaled Jacobian: beyond, QR leaves the covariance less than six digits
_DRIFT = 1e-4  # of the objective, a step's gain: below, the search is on a ridge and the parameters drift along it
_ROUNDS = 20  # of the scatter beside a known error of the losses
_SETTLED = 1e-8  # relative change of the scatter's variance


def fit_law(
    law: Law,
    data: Data,
    loss: Loss | None = None,
    resamples: int = 0,
    seed: int = 0,
    starts: ArrayLike | None = None,
    interval: str = "default",
) -> Fit:
    """Fit `law` to `data` by the summed `loss` (default: Huber at 1 % on the logarithm).

    Trouble with the data is the status of the result; `InputError` is raised only for a law that is not one, or an
    `interval` (of `lab.scaling.intervals.METHODS`) that does not exist or would not be one for this loss and these
    rows. `resamples` asks for bootstrap draws over units beside the interval. `starts` (S, p) takes the place of the
    law's own. A law that is not positive, and a search none of whose starts ends, takes the general path.
    """
    if starts is None:
        check_law(law)
    loss = loss or Huber()
    blank = Fit(law, Status.REFUSED, loss, len(data), data.unit_count, data.hash)
    if refusal := find_refusal(law, data, loss):
        return replace(blank, reason=refusal.reason, next_step=refusal.next_step)
    problem = Problem(law, data, loss)
    check_method(problem, interval)
    try:
        with np.errstate(all="ignore"):  # data at the end of the floating range; what is not finite is caught by status
            return _fit(blank, problem, _choose_starts(problem, starts), interval, resamples, seed)
    except np.linalg.LinAlgError as error:
        reason = f"the arithmetic broke down ({error})"
        return replace(blank, status=Status.FAILED, reason=reason, next_step="look at the data; try another law")


def _fit(blank: Fit, problem: Problem, starts: Array, interval: str, resamples: int, seed: int) -> Fit:
    data = problem.data
    theta, found = _search(problem, starts)
    if data.error is not None:
        problem, theta, found = _weigh(problem, theta, found)
    best = int(np.argmin(found.objective))
    ended = found.converged[best] or found.decrement[best] <= _DRIFT
    if not (ended and np.isfinite(theta[best]).all()):
        stuck = found.steps[best] == 0
        reason = "the search never left its start" if stuck else "the search did not converge"
        return replace(blank, status=Status.FAILED, reason=reason, next_step="look at the data; try another law")
    agree = found.converged & (found.objective <= found.objective[best] * (1 + _SAME) + 1e-28 * len(data))
    at_bound, condition = find_bounds(problem, theta[best]), find_condition(problem, theta[best])
    condition = condition if found.converged[best] else np.inf
    bearable = not at_bound and condition <= _WORST_CONDITION
    uncertainty = assess(problem, theta[best], interval, resamples, seed) if bearable else None
    status, reason, next_step = diagnose(problem, theta[best], at_bound, condition, uncertainty)
    return replace(
        blank,
        status=status,
        reason=reason,
        next_step=next_step,
        theta=theta[best],
        objective=float(found.objective[best]),
        decrement=float(found.decrement[best]),
        agreement=float(agree.sum() / max(1, found.converged.sum())),
        condition=condition,
        at_bound=at_bound,
        uncertainty=uncertainty,
        residuals=look_at_residuals(problem, theta[best]),
    )


def _choose_starts(problem: Problem, starts: ArrayLike | None) -> Array:
    law = problem.law
    if starts is None:
        begun = find_starts(problem, problem.weights[None], STARTS)[0]
    else:
        begun = np.atleast_2d(np.asarray(starts, float))
        if begun.shape[1] != len(law.parameters) or not np.isfinite(begun).all():
            raise InputError(f"starts of law {law.name}", begun.shape, f"rows of {len(law.parameters)} finite numbers")
    check_gradient(law, begun[0], problem.data.x)
    return np.asarray(begun)


def _search(problem: Problem, starts: Array) -> tuple[Array, Found]:
    """Where the starts ended: parameters (S, p), and what was found there."""
    if problem.law.positive:
        found = search_starts(problem, problem.chart.read(starts))
        starts = problem.chart.write(found.u)
        if found.converged[np.argmin(found.objective)]:
            return starts, found
        starts = starts[np.argsort(found.objective, kind="stable")][:RIVALS]
    found = search_general(problem, starts)
    return found.u, found


def _weigh(problem: Problem, theta: Array, found: Found) -> tuple[Problem, Array, Found]:
    """The fit with weights 1/(τ² + error²), τ² the runs' own scatter beside the known error of their losses.

    τ² solves Σ r²/(τ² + error²) = n − p, the moment equation of Paule & Mandel 1982 (J. Res. NBS 87, 377).
    """
    data = problem.data
    known = (np.asarray(data.error) * problem.unit) ** 2  # an error of ln y is a relative one of y
    freedom, scatter = len(data) - theta.shape[1], np.inf
    for _ in range(_ROUNDS):
        r2 = problem.residuals(theta[np.argmin(found.objective)]) ** 2
        own = _solve_scatter(r2, known, freedom)
        precision = 1 / np.maximum(own + known, np.finfo(float).tiny ** 0.5)
        problem = Problem(problem.law, replace(data, weights=precision), problem.loss)
        theta, found = _search(problem, theta)
        if abs(own - scatter) <= _SETTLED * (own + float(known.mean())):
            break
        scatter = own
    return problem, theta, found


def _solve_scatter(r2: Array, known: Array, freedom: int) -> float:
    """τ² ≥ 0 with Σ r²/(τ² + known) = freedom, by bisection of a falling function."""
    low, high = 0.0, float(r2.sum()) / freedom
    if (known > 0).all() and (r2 / known).sum() <= freedom:
        return 0.0
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if (r2 / (middle + known)).sum() > freedom else (low, middle)
    return high
