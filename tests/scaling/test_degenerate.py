"""Ten thousand inputs nobody should fit: a status each time, never an exception, never the start as the answer.

Two thousand at every run of the tests, the others with `pytest -m slow`.
"""

from __future__ import annotations

import json
import warnings
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from lab.core.seeds import open_stream
from lab.scaling import Absolute, Asymmetric, Data, Huber, LeastSquares, Loss, Status, fit_law
from lab.scaling.problem import Problem
from lab.scaling.starts import find_starts
from tests.scaling.designs import load

Array = NDArray[Any]

INPUTS, ROUNDS = 10_000, 10
QUICK = ("power", "pure_power", "chinchilla", "tied")
LOSSES: tuple[Loss, ...] = (Huber(), Huber(1e-3), LeastSquares(), LeastSquares(on="raw"), Asymmetric(), Absolute())
EXTREMES = np.array([1e-300, 1e-12, 0.5, 1.0, 1.0, 2.0, 2.0, 3.0, 1e12, 1e300])
BAD = np.array([np.nan, np.inf, -np.inf, 0.0, -1.0])


def draw(chance: np.random.Generator, count: int) -> Array:
    """A column: constant, two-valued, extreme, tiny range, ordinary, or spoiled by what is no positive number."""
    kind = chance.integers(7)
    if kind == 0:
        return np.full(count, chance.choice(EXTREMES))
    if kind == 1:
        return chance.choice(EXTREMES[chance.integers(len(EXTREMES), size=2)], size=count)
    if kind == 2:
        return chance.choice(EXTREMES, size=count)
    if kind == 3:
        return 1e6 * (1 + 1e-13 * chance.standard_normal(count))
    column = np.exp(chance.uniform(-3, 25, size=count)) if kind == 4 else np.geomspace(1e3, 1e9, count)
    if kind == 6:
        column[chance.integers(count)] = chance.choice(BAD)
    return np.asarray(column)


def make_loss_column(chance: np.random.Generator, x: Array) -> Array:
    """Losses that may follow a law, rise, stay, explode, or be anything."""
    with np.errstate(all="ignore"):
        shapes = (
            1 + 50 * x**-0.3, x**0.5, np.full(len(x), 2.0), np.exp(np.minimum(x, 700)), 2 - 1e-9 * np.arange(len(x)),
            draw(chance, len(x)),
        )  # fmt: skip
    noise = np.exp(chance.choice([0.0, 1e-9, 0.01, 2.0]) * chance.standard_normal(len(x)))
    with np.errstate(all="ignore"):
        return np.asarray(shapes[chance.integers(len(shapes))] * noise)


@pytest.mark.parametrize("part", [0, 1, *(pytest.param(k, marks=pytest.mark.slow) for k in range(2, ROUNDS))])
def test_degenerate_inputs(part: int) -> None:
    chance = open_stream(part, "degenerate inputs")
    statuses = dict.fromkeys(Status, 0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for _ in range(INPUTS // ROUNDS):
            law = load(str(chance.choice(QUICK)))
            count = int(chance.choice([1, 2, 3, 5, 8, 13, 21]))
            x = {name: draw(chance, count) for name in law.predictors}
            y = make_loss_column(chance, next(iter(x.values())))
            clusters = np.arange(count) // int(chance.choice([1, 1, 2, 5]))
            loss = LOSSES[chance.integers(len(LOSSES))]
            data = Data(x, y, clusters)
            fit = fit_law(law, data, loss)
            statuses[fit.status] += 1
            json.dumps(fit.to_dict(), allow_nan=False)
            if fit.status is not Status.CONVERGED:
                assert fit.reason and fit.next_step
                continue
            assert fit.theta is not None and np.isfinite(fit.theta).all()
            assert all(np.isfinite([e.value, e.low, e.high]).all() for e in fit.estimates)
            with np.errstate(all="ignore"):
                starts = find_starts(Problem(law, data, loss), np.ones((1, count)), 9)[0]
            assert fit.decrement < 1e-6 or fit.objective < 1e-14
            assert not (starts == fit.theta).all(axis=1).any() or fit.objective < 1e-14
    assert statuses[Status.CONVERGED] and statuses[Status.REFUSED] > 100
