"""Starts by variable projection (Golub & Pereyra 1973): a grid over the nonlinear parameters, the linear ones solved.

At every node the linear parameters follow from a weighted least-squares problem in the relative residual. Its normal
matrices for all resamples and all nodes are one matrix product, because a resample is a row of weights.

Shapes: R resamples, G nodes, n observations, k linear parameters, p parameters, S starts.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lab.scaling.law import Law, Parameter
from lab.scaling.problem import Problem

Array = NDArray[Any]

MOST_NODES = 576  # of the whole grid
FEW_NODES = 144  # the same for a resample, which also starts where the whole data ended
MOST_NODES_EACH = 48  # of one parameter
_LEAST_SHARE = 1e-3  # of the loss, for a linear parameter whose best value is outside its bounds


def find_starts(problem: Problem, weights: Array, strata: int, most_nodes: int = MOST_NODES) -> Array:
    """Parameters to start from for each row of `weights` (R, n): the law's own, or the best node in each of S ≤
    `strata` blocks of the grid; (R, S, p).
    """
    law, x, y = problem.law, problem.data.x, problem.data.y
    own = law.propose(x, y)
    if own is not None:
        return np.broadcast_to(np.atleast_2d(own), (len(weights), *np.atleast_2d(own).shape))
    size = y if problem.loss.on == "log" else np.ones_like(y)  # a residual of the log is a relative one
    nodes, blocks = _lay_grid(law, strata, most_nodes)
    basis, offset = expand(law, nodes, x)
    linear, misfit = project(find_linear_bounds(law), basis / size[:, None], (y - offset) / size, weights)
    count = blocks.max() + 1
    theta = np.empty((len(weights), count, len(law.parameters)))
    rows = np.arange(len(weights))
    for block in range(count):
        inside = np.flatnonzero(blocks == block)
        best = inside[np.argmin(misfit[:, inside], axis=1)]
        theta[:, block, ~law.linear] = nodes[best][:, ~law.linear]
        theta[:, block, law.linear] = linear[rows, best]
    return theta


def _lay_grid(law: Law, strata: int, most_nodes: int) -> tuple[Array, Array]:
    """Nodes (G, p), 0 at linear parameters, and the block (G,) each belongs to."""
    free = [j for j, p in enumerate(law.parameters) if not p.linear]
    if not free:
        return np.zeros((1, len(law.parameters))), np.zeros(1, int)
    each = min(MOST_NODES_EACH, max(2, math.floor(most_nodes ** (1 / len(free)) + 1e-9)))
    axes = [_lay_axis(law.parameters[j], each) for j in free]
    cuts = max(1, round(strata ** (1 / len(free))))
    marks = [np.arange(len(axis)) * min(cuts, len(axis)) // len(axis) for axis in axes]
    nodes = np.zeros((math.prod(map(len, axes)), len(law.parameters)))
    nodes[:, free] = np.stack(np.meshgrid(*axes, indexing="ij"), -1).reshape(-1, len(free))
    labels = np.stack(np.meshgrid(*marks, indexing="ij"), -1).reshape(-1, len(free))
    return nodes, np.unique(labels, axis=0, return_inverse=True)[1].reshape(-1)


def _lay_axis(parameter: Parameter, count: int) -> Array:
    if parameter.nodes:
        return np.asarray(parameter.nodes, float)
    if parameter.low > 0 and parameter.high > 100 * parameter.low:
        return np.geomspace(parameter.low, parameter.high, count + 2)[1:-1]
    # Exponents are small more often than large: the nodes are dense towards the lower bound, or towards 0 across it.
    spread = np.linspace(-1 if parameter.low < 0 else 0, 1, count + 2)[1:-1]
    curved = np.sign(spread) * spread**2
    if parameter.low < 0 < parameter.high:
        return np.where(curved < 0, -parameter.low * curved, parameter.high * curved)
    return parameter.low + (parameter.high - parameter.low) * np.linspace(0, 1, count + 2)[1:-1] ** 2


def expand(law: Law, nodes: Array, x: Mapping[str, Array]) -> tuple[Array, Array]:
    """What each linear parameter multiplies (G, n, k), and what is left with all of them at 0 (G, n)."""
    with np.errstate(all="ignore"):
        offset = law.predict(nodes, **x)
        columns = []
        for j in np.flatnonzero(law.linear):
            unit = nodes.copy()
            unit[:, j] = 1.0
            columns.append(law.predict(unit, **x) - offset)
    return np.stack(columns, -1) if columns else np.empty((*offset.shape, 0)), offset


def find_linear_bounds(law: Law) -> Array:
    """Both bounds of every linear parameter (k, 2)."""
    return np.array([[p.low, p.high] for p in law.parameters if p.linear]).reshape(-1, 2)


def project(bounds: Array, basis: Array, target: Array, weights: Array) -> tuple[Array, Array]:
    """The coefficients (R, G, k) of `basis` (G, n, k) nearest to `target` (G, n) within `bounds` (k, 2), and their
    misfit (R, G) under `weights` (R, n), by trying every active set.
    """
    k = basis.shape[2]
    scale: Array = np.abs(basis).max(axis=1) if k else np.ones((len(basis), 0))  # (G, k): a term at its largest
    useful = np.isfinite(scale) & (scale > 0)
    usable = np.asarray(useful.all(axis=1) & np.isfinite(target).all(axis=1))
    scale = np.where(usable[:, None], scale, 1.0)
    basis = np.where(usable[:, None, None], basis, 0.0) / scale[:, None, :]
    normal, right, square = _sum_moments(basis, np.where(usable[:, None], target, 0.0), weights)
    held = np.clip(_LEAST_SHARE / scale, bounds[:, 0], bounds[:, 1])
    ridge = 1e-13 * float(weights.sum(axis=1).max())  # of the diagonal: terms that are alike at a node stay soluble
    best, misfit = np.full((*square.shape, k), np.nan), np.full(square.shape, np.inf)
    for active in itertools.product((True, False), repeat=k):
        chosen = np.array(active, bool)
        solved = np.zeros_like(best)
        block = normal[..., chosen, :][..., chosen] + ridge * np.eye(chosen.sum())
        solved[..., chosen] = np.linalg.solve(block, right[..., chosen, None])[..., 0]
        rest = square - 2 * (solved * right).sum(-1) + np.einsum("rgj,rgjl,rgl->rg", solved, normal, solved)
        theta = solved / scale
        inside = np.asarray(((theta >= bounds[:, 0]) & (theta <= bounds[:, 1]) | ~chosen).all(-1))
        better = inside & (rest < misfit) & usable
        misfit = np.where(better, rest, misfit)
        best = np.where(better[..., None], np.where(chosen, theta, held), best)
    return best, misfit


def _sum_moments(basis: Array, target: Array, weights: Array) -> tuple[Array, Array, Array]:
    """Normal matrices (R, G, k, k), right sides (R, G, k) and squares (R, G) of all resamples at all nodes."""
    nodes, count, k = basis.shape
    if len(weights) == 1:  # the data themselves: no need to lay out every product
        across = basis.swapaxes(1, 2) * weights[0]
        return (across @ basis)[None], (across @ target[..., None])[None, ..., 0], (target**2 @ weights[0])[None]
    outer = (basis[..., :, None] * basis[..., None, :]).reshape(nodes, count, k * k)
    moments = np.concatenate([outer, basis * target[..., None], target[..., None] ** 2], axis=2)
    sums = (weights @ moments.transpose(1, 0, 2).reshape(count, -1)).reshape(len(weights), nodes, -1)
    return sums[..., : k * k].reshape(*sums.shape[:2], k, k), sums[..., k * k : -1], sums[..., -1]
