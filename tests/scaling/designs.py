"""Designs of runs with a known law, for tests of fitting."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lab.core.registry import Entry, open_shelf
from lab.scaling import Data, Law

Array = NDArray[Any]

LAWS = list(open_shelf("laws").entries().values())


def load(entry: Entry | str) -> Law:
    law: Law = open_shelf("laws").load(entry if isinstance(entry, str) else entry.name)
    return law


def make_predictors(law: Law, levels: int = 6) -> dict[str, Array]:
    """A full grid over three decades of every predictor."""
    axes = [np.geomspace(2e3 * 10**j, 2e6 * 10**j, levels) for j, _ in enumerate(law.predictors)]
    grid = np.meshgrid(*axes, indexing="ij")
    return {name: values.reshape(-1) for name, values in zip(law.predictors, grid, strict=True)}


def choose_theta(law: Law, x: Mapping[str, Array]) -> Array:
    """Parameters well inside their bounds, every linear term of the order of 1 in the middle of the data."""
    theta = np.zeros(len(law.parameters))
    for j, parameter in enumerate(law.parameters):
        if not parameter.linear:
            ends = parameter.nodes or (max(parameter.low, -1.0), min(parameter.high, 1.0))
            theta[j] = ends[0] + (0.6 + 0.05 * j) * (ends[-1] - ends[0])
    offset = law.predict(theta, **x)
    linear = np.zeros_like(theta)
    for j in np.flatnonzero(law.linear):
        unit = theta.copy()
        unit[j] = 1.0
        linear[j] = (1 + 0.3 * j) / np.median(law.predict(unit, **x) - offset)
    return theta + linear


def exemplify(law: Law) -> tuple[Array, dict[str, Array]]:
    """Parameters and predictors of the law's own example, or those above."""
    own = law.example()
    if own is not None:
        return own
    x = make_predictors(law)
    return choose_theta(law, x), x


def make_data(law: Law, theta: Array, x: Mapping[str, Array], noise: float = 0.0, seed: int = 0) -> Data:
    """Independent rows with log-normal noise."""
    value = law.predict(theta, **x)
    y = value * np.exp(noise * np.random.default_rng(seed).standard_normal(len(value)))
    return Data(x, y, np.arange(len(y)))


def make_trunks(sizes: tuple[int, ...], seeds: int, horizons: int) -> tuple[dict[str, Array], Array]:
    """Predictors of the Chinchilla law on widths × seeds × horizons of a ×2 ladder, and each row's trunk."""
    rows = [(w, s, h) for w in sizes for s in range(seeds) for h in range(horizons)]
    width, _, horizon = np.array(rows, float).T
    trunks = np.unique([row[:2] for row in rows], axis=0, return_inverse=True)[1].reshape(-1)
    return {"size": 36 * width**2 + 512 * width, "tokens": 2.0 ** (19 + horizon)}, trunks


def add_luck(rng: np.random.Generator, value: Array, trunks: Array, trunk: float = 0.004, row: float = 0.003) -> Array:
    """Losses with log-normal noise common to a trunk and of each row."""
    shared = trunk * rng.standard_normal(trunks.max() + 1)[trunks]
    return np.asarray(value * np.exp(shared + row * rng.standard_normal(len(value))))
