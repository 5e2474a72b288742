"""The luck of a run and of its trunk: two standard deviations of the log loss, and what correlated rows then tell."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from lab.analysis.named import NamedFit
from lab.scaling import Data
from lab.scaling.intervals.components import find_components
from lab.scaling.intervals.rows import NORMAL_MEDIAN
from lab.scaling.problem import Problem

Array = NDArray[Any]


class Luck(NamedTuple):
    """Standard deviations of the log loss: `row` of a run by itself, `trunk` common to the runs cooled off a trunk."""

    row: float
    trunk: float


def measure_luck(named: NamedFit) -> Luck:
    """The luck in the residuals of a fit, by the two moments of `lab.scaling.intervals.components`.

    A residual counts as ψ(r)/E[ψ'], as much as it moves the fit (Huber & Ronchetti 2009, section 7.6): normal luck of
    that size gives estimates the error they have, where the runs' own luck has tails that the loss takes in. Where no
    trunk has two rows the two parts cannot be told apart, and all of it is the row's.
    """
    problem, theta = open_problem(named), named.fit.theta
    assert theta is not None
    r, loss = problem.residuals(theta), problem.loss
    moved = loss.slope(r) / loss.expect_curvature(float(np.median(np.sort(np.abs(r))[len(theta) :])) / NORMAL_MEDIAN)
    fitted = problem.law.predict(theta, **problem.data.x)
    pulled = fitted * np.exp(moved) if loss.on == "log" else fitted + moved
    return Luck(*find_components(replace(problem, data=replace(problem.data, y=pulled)), theta))


def open_problem(named: NamedFit) -> Problem:
    """The fitting problem behind a fit, with the trunk as the unit whatever the interval took."""
    x = {
        name: named.rows_used[column].to_numpy(float)
        for name, column in zip(named.fit.predictors, named.columns, strict=True)
    }
    trunks = named.rows_used["trunk_key"].to_numpy(str)
    return Problem(named.fit.form, Data(x, named.rows_used["loss_nats"].to_numpy(float), trunks), named.fit.loss)
