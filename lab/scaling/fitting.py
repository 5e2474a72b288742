"""Fitting: starts, search, diagnosis, intervals; one path for every law."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
from lab.scaling.search import RIVALS, Found
from lab.scaling.starts import find_starts
from lab.scaling.together import search_problems

Array = NDArray[Any]

STARTS = 9  # blocks of the grid of nonlinear parameters, each giving its best node
_SAME = 1e-6  # relative difference of the objective within which two starts agree
_TIED = 1e-9  # the same, within which the difference is round-off
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
    return fit_sets(law, [data], loss, interval, resamples, seed, starts)[0]


def fit_sets(
    law: Law,
    sets: Sequence[Data],
    loss: Loss | None = None,
    interval: str = "default",
    resamples: int = 0,
    seed: int = 0,
    starts: ArrayLike | None = None,
) -> list[Fit]:
    """Fit `law` to each of several sets of data, all in one search; otherwise as `fit_law`."""
    if starts is None:
        check_law(law)
    loss = loss or Huber()
    fits = [Fit(law, Status.REFUSED, loss, len(data), data.unit_count, data.hash) for data in sets]
    opened: dict[int, tuple[Problem, Array]] = {}
    for i, data in enumerate(sets):
        if refusal := find_refusal(law, data, loss):
            fits[i] = replace(fits[i], reason=refusal.reason, next_step=refusal.next_step)
            continue
        problem = Problem(law, data, loss)
        check_method(problem, interval)
        try:
            with np.errstate(all="ignore"):  # data at the end of the floating range; what is not finite has a status
                opened[i] = problem, _choose_starts(problem, starts)
        except np.linalg.LinAlgError as error:
            fits[i] = _give_up(fits[i], f"the arithmetic broke down ({error})")
    for i, ended in _search_all(opened).items():
        try:
            with np.errstate(all="ignore"):
                fits[i] = _conclude(fits[i], opened[i][0], ended or _search(*opened[i]), interval, resamples, seed)
        except np.linalg.LinAlgError as error:
            fits[i] = _give_up(fits[i], f"the arithmetic broke down ({error})")
    return fits


def _give_up(blank: Fit, reason: str) -> Fit:
    return replace(blank, status=Status.FAILED, reason=reason, next_step="look at the data; try another law")


def _search_all(opened: Mapping[int, tuple[Problem, Array]]) -> dict[int, tuple[Array, Found] | None]:
    """Where the searches of all problems ended; None for each where one set of data broke the arithmetic of all."""
    if len(opened) < 2 or not next(iter(opened.values()))[0].law.positive:
        return dict.fromkeys(opened)
    try:
        with np.errstate(all="ignore"):
            return dict(zip(opened, search_problems(*zip(*opened.values(), strict=True)), strict=True))
    except np.linalg.LinAlgError:
        return dict.fromkeys(opened)


def _conclude(
    blank: Fit, problem: Problem, ended: tuple[Array, Found], interval: str, resamples: int, seed: int
) -> Fit:
    data = problem.data
    theta, found = _settle(problem, *ended)
    if data.error is not None:
        problem, theta, found = _weigh(problem, theta, found)
    best = _choose_best(found)
    finished = found.converged[best] or found.decrement[best] <= _DRIFT
    if not (finished and np.isfinite(theta[best]).all()):
        stuck = found.steps[best] == 0
        reason = "the search never left its start" if stuck else "the search did not converge"
        return _give_up(blank, reason)
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
        return search_problems([problem], [starts])[0]
    found = search_general(problem, starts)
    return found.u, found


def _settle(problem: Problem, theta: Array, found: Found) -> tuple[Array, Found]:
    """What was found, and beside it where its best go on to by the general path if the best of them did not end."""
    if not problem.law.positive or found.converged[_choose_best(found)]:
        return theta, found
    further = search_general(problem, theta[np.argsort(found.objective, kind="stable")][:RIVALS])
    return np.concatenate([theta, further.u]), found.join(further)


def _choose_best(found: Found) -> int:
    """The least objective; of those that differ from it by round-off, one that converged."""
    least = found.objective <= found.objective.min() * (1 + _TIED)
    chosen = least & found.converged if (least & found.converged).any() else least
    return int(np.argmin(np.where(chosen, found.objective, np.inf)))


def _weigh(problem: Problem, theta: Array, found: Found) -> tuple[Problem, Array, Found]:
    """The fit with weights 1/(τ² + error²), τ² the runs' own scatter beside the known error of their losses.

    τ² solves Σ r²/(τ² + error²) = n − p, the moment equation of Paule & Mandel 1982 (J. Res. NBS 87, 377).
    """
    data = problem.data
    known = (np.asarray(data.error) * problem.unit) ** 2  # an error of ln y is a relative one of y
    freedom, scatter = len(data) - theta.shape[1], np.inf
    for _ in range(_ROUNDS):
        r2 = problem.residuals(theta[_choose_best(found)]) ** 2
        own = _solve_scatter(r2, known, freedom)
        precision = 1 / np.maximum(own + known, np.finfo(float).tiny ** 0.5)
        problem = Problem(problem.law, replace(data, weights=precision), problem.loss)
        theta, found = _settle(problem, *_search(problem, theta))
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
