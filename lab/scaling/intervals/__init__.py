"""Intervals: the default chosen by the data and never by the caller, and the methods one may ask for instead.

Where every row is a unit of its own, the M-estimator's covariance with Student's t, or the jackknife where the rows do
not scatter alike; where units have several rows, the delete-one-unit jackknife from 12 units on, a model of the two
lucks below.

Coverage of the default's 95 % interval by simulation (`benchmarks/interval_coverage.py`; how many of each design, in
docs/intervals.md): independent runs, 5 to 240, 94.1 to 96.5 %; runs that share units, 12 units or more, 94.3 to 97.1 %;
fewer units, 95.7 to 99.3 %; the design of the reference study 94.0 to 95.5 %. Given that the law is right, always.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from numpy.typing import NDArray

from lab.core.errors import InputError, UnknownNameError
from lab.scaling.intervals.components import assess_components
from lab.scaling.intervals.profile import assess_profile
from lab.scaling.intervals.resampling import draw_pairs, draw_parametric, draw_wild, refit, summarize_draws
from lab.scaling.intervals.rows import assess_rows, is_uneven
from lab.scaling.intervals.units import assess_sandwich, assess_units
from lab.scaling.losses import LeastSquares
from lab.scaling.problem import Problem
from lab.scaling.requirements import FEWEST_UNITS, is_replicated
from lab.scaling.uncertainty import Uncertainty

__all__ = ["METHODS", "assess", "refit"]

Array = NDArray[Any]

_FORMULAS: dict[str, Callable[[Problem, Array], Uncertainty]] = {
    "t": assess_rows,
    "profile": assess_profile,
    "jackknife": assess_units,
    "sandwich": assess_sandwich,
    "components": assess_components,
}
_DRAWS: dict[str, Callable[[Problem, Array, int, int], Array]] = {
    "pairs": draw_pairs,
    "wild": draw_wild,
    "parametric": draw_parametric,
}
METHODS = ("default", *_FORMULAS, *_DRAWS)
_FEWEST_DRAWS = 1000


def assess(problem: Problem, theta: Array, method: str, resamples: int, seed: int) -> Uncertainty:
    """The uncertainty of `theta` by `method`, with `resamples` pairs-bootstrap draws beside a formula.

    Raises `UnknownNameError` for a method that is none, `InputError` for one that is not valid for the loss or the
    rows: a profile of a loss without a scale is not an interval, nor is 't' for rows that share units.
    """
    check_method(problem, method)
    if method in _DRAWS:
        return summarize_draws(problem, theta, _DRAWS[method](problem, theta, resamples or _FEWEST_DRAWS, seed), method)
    found = _FORMULAS[_choose(problem, theta) if method == "default" else method](problem, theta)
    return replace(found, draws=draw_pairs(problem, theta, resamples, seed)) if resamples else found


def check_method(problem: Problem, method: str) -> None:
    """Raises where `method` is unknown, or would not be an interval here."""
    if method not in METHODS:
        raise UnknownNameError.among("interval method", method, METHODS)
    if method in ("t", "profile") and problem.data.is_clustered:
        raise InputError("interval method", method, f"rows share {problem.data.unit}s", "use jackknife or components")
    if method == "profile" and not isinstance(problem.loss, LeastSquares):
        rule = f"a profile is an interval for least squares, not for {problem.loss}"
        raise InputError("interval method", method, rule, "use the loss 'squares', or the sandwich or a bootstrap")


def _choose(problem: Problem, theta: Array) -> str:
    data = problem.data
    if not data.is_clustered:
        return "t" if problem.loss.symmetric and not is_uneven(problem, theta) else "jackknife"
    enough = data.unit_count >= FEWEST_UNITS or is_replicated(problem.law, data)
    return "jackknife" if enough else "components"
