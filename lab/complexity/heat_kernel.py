"""The exact mean of every row of a diffusing automaton: the discrete heat equation on a path with reflecting walls.

A particle of the symmetric exclusion process alone does a plain random walk (Liggett 1985, Interacting Particle
Systems, chapter VIII), so the probability of cream in row y is p(t) = (I + r·L)^t p(0), with L the Laplacian of the
path of n rows and r the probability that one move carries the particle of a cell along one given edge.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def list_eigenvalues(side: int) -> Array:
    """λ_k = 2 − 2cos(πk/n), k = 0 … n − 1: the eigenvalues of −L."""
    values: Array = 2.0 - 2.0 * np.cos(np.pi * np.arange(side) / side)
    return values


def find_relaxation(side: int, rate: float) -> float:
    """τ = 1 / (r·λ_1): moves in which the slowest mode falls to 1/e; about n²/(π²·r)."""
    return float(1.0 / (rate * list_eigenvalues(side)[1]))


def predict_rows(first: Array, moves: NDArray[np.int64], rate: float) -> Array:
    """p_y after each number of `moves` (times,), from the row means `first` (n,); shape (times, n), by eigenmodes."""
    side = len(first)
    k, y = np.arange(side), np.arange(side)
    modes = np.cos(np.pi * np.outer(k, y + 0.5) / side) * np.sqrt(np.where(k == 0, 1.0, 2.0) / side)[:, None]
    shrunk = (1.0 - rate * list_eigenvalues(side))[None, :] ** moves[:, None].astype(float)
    rows: Array = np.clip((shrunk * (modes @ first)) @ modes, 0.0, 1.0)
    return rows


def compare_rows(counts: Array, predicted: Array) -> float:
    """χ² per degree of freedom of the cream `counts` of the rows (n,) of n cells against the probabilities `predicted`
    (n,), over the rows that expect a variance of at least 1; one degree goes with the total, which is conserved.

    Below 1 is expected: exclusion is negatively dependent (Borcea, Brändén and Liggett 2009,
    doi 10.1090/S0894-0347-08-00618-8). NaN where
    fewer than three rows vary.
    """
    side = len(predicted)
    variance = side * predicted * (1.0 - predicted)
    kept = variance >= 1.0
    if kept.sum() < 3:
        return float("nan")
    chi_square = float((((counts - side * predicted)[kept] ** 2) / variance[kept]).sum())
    return chi_square / (int(kept.sum()) - 1)
