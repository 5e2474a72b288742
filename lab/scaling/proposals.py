"""Starts that a law proposes itself: nodes laid by what the data show, the parameters that are linear there solved.

For laws that an even grid over their nonlinear parameters does not serve, because these have the scale of the data or
become linear only after a transformation of the loss.

Shapes: G nodes, n observations, k coefficients, p parameters, S starts.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lab.scaling.law import Law
from lab.scaling.starts import expand, find_linear_bounds, project

Array = NDArray[Any]

MOST_STARTS = 12


def cross(*axes: Any) -> list[Array]:
    """Every combination of the values of `axes`: one array (G,) per axis."""
    return [grid.reshape(-1) for grid in np.meshgrid(*map(np.asarray, axes), indexing="ij")]


def solve_nonnegative(basis: Array, target: Array) -> tuple[Array, Array]:
    """Coefficients ≥ 0 (G, k) of `basis` (G, n, k) nearest to `target` (G, n) by least squares, and the misfit (G,)."""
    bounds = np.tile([0.0, np.inf], (basis.shape[-1], 1))
    rows = np.ones((1, basis.shape[1]))
    coefficients, misfit = project(bounds, basis, np.broadcast_to(target, basis.shape[:2]), rows)
    return coefficients[0], misfit[0]


def solve(basis: Array, target: Array) -> tuple[Array, Array]:
    """The same without a sign: coefficients (G, k) and the misfit (G,), infinite where a row is not finite."""
    usable = np.asarray(np.isfinite(basis).all(axis=(1, 2)) & np.isfinite(target).all(axis=1))
    basis, target = np.where(usable[:, None, None], basis, 0.0), np.where(usable[:, None], target, 0.0)
    scale = np.maximum(np.linalg.norm(basis, axis=1, keepdims=True), np.finfo(float).tiny)
    basis = basis / scale
    coefficients = (np.linalg.pinv(basis) @ target[..., None])[..., 0]
    rest = target - (basis @ coefficients[..., None])[..., 0]
    return coefficients / scale[:, 0], np.where(usable, (rest**2).sum(axis=1), np.inf)


def complete(law: Law, nodes: Array, x: Mapping[str, Array], y: Array) -> tuple[Array, Array]:
    """`nodes` (G, p) with the linear parameters of `law` solved in the relative residual, and their misfit (G,)."""
    basis, offset = expand(law, nodes, x)
    linear, misfit = project(find_linear_bounds(law), basis / y[:, None], 1 - offset / y, np.ones((1, len(y))))
    theta = nodes.astype(float)
    theta[:, law.linear] = linear[0]
    return theta, misfit[0]


def choose(law: Law, theta: Array, misfit: Array, blocks: Array | None = None) -> Array:
    """The starts (S, p) within the law's bounds: the best of each block of nodes (G,), best first; without blocks,
    simply the best nodes.

    At least one: where no node is usable, the first, its gaps filled with 1, and the search will say how it ended.
    """
    order = np.argsort(misfit, kind="stable")
    usable = order[np.isfinite(misfit[order]) & np.isfinite(theta[order]).all(axis=1)]
    order = usable if len(usable) else order[:1]
    if blocks is not None:
        order = order[np.sort(np.unique(blocks[order], return_index=True)[1])]
    chosen = theta[order[:MOST_STARTS]]
    bounds = np.array([[p.low, p.high] for p in law.parameters])
    return np.asarray(np.clip(np.where(np.isfinite(chosen), chosen, 1.0), *bounds.T))
