"""Light-cone complexity of a field in space and time: what the past cone of a cell tells of its future cone.

Shalizi, Shalizi and Haslinger (2004), Phys. Rev. Lett. 93:118701: I(past; future) over the cells of a field. It stays
high for what is slow or frozen, as they note; beside it stands the same with the pairs of cones shuffled.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from lab.complexity.blocks import MARGIN, Floats, Integers, estimate_miller_madow, rank_codes
from lab.core.errors import InputError
from lab.core.estimate import Estimate
from lab.core.seeds import open_stream

STRIPS = 8
SHUFFLES = 20


@dataclass(frozen=True)
class LightCones:
    """`information`: I(past; future), bits a cell, corrected for few cells; `null`: the same of shuffled pairs, with
    the 95 % of its draws; `excess`: their difference, what is left of structure. `reason`: why they are missing.
    """

    information: Estimate
    null: Estimate
    excess: Estimate
    cells: int
    reason: str = ""


def measure_light_cones(
    field: NDArray[np.integer], depth: int = 1, speed: int = 1, seed: int = 0, level: float = 0.95
) -> LightCones:
    """Light-cone complexity of `field` (time, space), symbols from 0; cones `depth` steps deep, widening by `speed`.

    The past cone holds the cell itself, the future cone does not. Entropies are corrected as Miller and Madow have it;
    the interval is a jackknife over STRIPS strips of space, fewer where space is narrow, t(strips − 1); each goes with
    the `depth`·`speed` columns on both sides that its cones reach (Künsch 1989, Ann. Statist. 17, 1217). The excess
    adds the standard error of the shuffles' mean in quadrature. No value where the pairs of cones that occur are not
    each seen MARGIN times on average. Raises `InputError` where no cell has both cones.
    """
    past, future = (_rank_cones(field, depth, speed, ahead) for ahead in (False, True))
    reason = _find_reason(past, future)
    if reason:
        none = Estimate("light_cone_information", math.nan, unit="bits/cell", method=reason)
        return LightCones(none, none, none, past.size, reason)
    value = measure_information(past, future)
    many = min(STRIPS, past.shape[1] // (2 * depth * speed + 1))
    error = _jackknife(past, future, many, depth * speed)
    reach = float(stdtrit(many - 1, 0.5 + level / 2)) if many > 1 else math.nan
    half = reach * error
    rng = open_stream(seed, "light_cones", "shuffle")
    draws = np.array([measure_information(past, rng.permutation(future.ravel())) for _ in range(SHUFFLES)])
    name, unit, method = "light_cone_information", "bits/cell", f"jackknife over {many} strips of space"
    information = Estimate(name, value, value - half, value + half, level, unit, method, many)
    low, high = np.quantile(draws, [(1 - level) / 2, (1 + level) / 2])
    mean = float(draws.mean())
    null = Estimate(f"{name}_shuffled", mean, float(low), float(high), level, unit, "range of the shuffles", SHUFFLES)
    over, half = value - mean, reach * math.hypot(error, float(draws.std(ddof=1)) / math.sqrt(SHUFFLES))
    excess = Estimate(f"{name}_excess", over, over - half, over + half, level, unit, f"{method}, shuffles' error", many)
    return LightCones(information, null, excess, past.size)


def map_information(field: NDArray[np.integer], depth: int = 1, speed: int = 1) -> Floats:
    """log2 P(past, future) / P(past) P(future) at every cell that has both cones, bits; its mean is the plug-in value.

    Shape (time − 2 depth, space − 2 depth speed). Not corrected: no cell has a bias of its own.
    """
    past, future = (_rank_cones(field, depth, speed, ahead) for ahead in (False, True))
    pairs = past * (int(future.max()) + 1) + future
    shares = [np.bincount(rank.ravel())[rank] / rank.size for rank in (past, future, rank_pairs(pairs))]
    return np.asarray(np.log2(shares[2] / (shares[0] * shares[1])))


def measure_information(past: Integers, future: Integers) -> float:
    """I = H(past) + H(future) − H(past, future), bits, each entropy corrected (Miller 1955); arrays of ranks."""
    past, future = past.ravel(), future.ravel()
    pairs = rank_pairs(past * (int(future.max()) + 1) + future)
    first, second, both = (estimate_miller_madow(np.bincount(rank)) for rank in (past, future, pairs))
    return first + second - both


def _jackknife(past: Integers, future: Integers, many: int, side: int) -> float:
    """The standard error over `many` strips of space, each left out with `side` columns beside it; NaN for fewer than
    two.
    """
    if many < 2:
        return math.nan
    strips = np.array_split(np.arange(past.shape[1]), many)
    without = []
    for strip in strips:
        cut = slice(max(0, int(strip[0]) - side), int(strip[-1]) + 1 + side)
        without.append(measure_information(*(np.delete(cone, cut, axis=1) for cone in (past, future))))
    return math.sqrt((many - 1) / many * sum((one - np.mean(without)) ** 2 for one in without))


def rank_pairs(codes: Integers) -> Integers:
    """The codes numbered 0, 1 … in their order, same shape."""
    return rank_codes(codes.ravel(), int(codes.max()) + 1)[0].reshape(codes.shape)


def _rank_cones(field: NDArray[np.integer], depth: int, speed: int, ahead: bool) -> Integers:
    """The cone before (the cell included) or ahead of every cell that has both, as ranks."""
    side = depth * speed
    rows, columns = (length - 2 * reach for length, reach in zip(field.shape, (depth, side), strict=True))
    if depth < 1 or speed < 0 or min(rows, columns) < 1:
        raise InputError("field", field.shape, f"a cone of depth {depth} and speed {speed} fits", "give a larger field")
    symbols = int(field.max()) + 1
    ranks = np.zeros((rows, columns), dtype=np.int64)
    for step in range(1 if ahead else 0, depth + 1):
        row = depth + (step if ahead else -step)
        for shift in range(-step * speed, step * speed + 1):
            cells = field[row : row + rows, side + shift : side + shift + columns]
            ranks = rank_pairs(ranks * symbols + cells)
    return ranks


def _find_reason(past: Integers, future: Integers) -> str:
    pairs = int(rank_pairs(past * (int(future.max()) + 1) + future).max()) + 1
    if pairs * MARGIN <= past.size:
        return ""
    return f"{past.size:,} cells are too few: {pairs:,} different pairs of cones are not each seen {MARGIN} times"
