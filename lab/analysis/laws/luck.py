"""The luck of a run and of its trunk: two standard deviations of the log loss, and what correlated rows then tell."""

from __future__ import annotations

from typing import NamedTuple

from lab.analysis.laws.named import NamedFit
from lab.scaling import Data
from lab.scaling.intervals.components import find_components
from lab.scaling.intervals.rows import pull_residuals
from lab.scaling.problem import Problem


class Luck(NamedTuple):
    """Standard deviations of the log loss: `row` of a run by itself, `trunk` common to the runs cooled off a trunk."""

    row: float
    trunk: float


def measure_luck(named: NamedFit) -> Luck:
    """The luck in the residuals of a fit, by the two moments of `lab.scaling.intervals.components`.

    A residual counts as much as it moves the fit: normal luck of that size gives estimates the error they have, where
    the runs' own luck has tails that the loss takes in. Where no trunk has two rows the two parts cannot be told apart,
    and all of it is the row's.
    """
    problem, theta = open_problem(named), named.fit.theta
    assert theta is not None
    return Luck(*find_components(problem, theta, pull_residuals(problem, theta)))


def open_problem(named: NamedFit) -> Problem:
    """The fitting problem behind a fit, with the trunk as the unit whatever the interval took."""
    x = {
        name: named.rows_used[column].to_numpy(float)
        for name, column in zip(named.fit.predictors, named.columns, strict=True)
    }
    trunks = named.rows_used["trunk_key"].to_numpy(str)
    return Problem(named.fit.form, Data(x, named.rows_used["loss_nats"].to_numpy(float), trunks), named.fit.loss)
