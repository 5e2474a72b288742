"""Examples of a teacher perceptron, pruned by a probe, and the student of largest margin that learns from them.

Inputs are x ~ N(0, 1_d), the teacher is the first axis, the probe lies θ from it in the plane of the first two; nothing
is lost by that, since inputs have no direction of their own. The student's error on new inputs is known from its angle
to the teacher, arccos(w·T)/π, without a test set (Sorscher et al. 2022, arXiv 2206.14486, section 2).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lab.core.seeds import open_stream
from lab.scaling.pruning.band import Band
from lab.scaling.pruning.margin import separate

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Lesson:
    """What a student learned: `error`, the `margin` it reached, the `examples` it was given, and how far the solver's
    own inexactness can have moved the error, at most, `doubt`.
    """

    error: float
    margin: float
    examples: int
    doubt: float


def draw_pool(alpha: float, dimensions: int, seed: int) -> Array:
    """All examples before pruning, (round(α d), d)."""
    stream = open_stream(seed, "perceptron", dimensions, repr(float(alpha)))
    return stream.standard_normal((round(alpha * dimensions), dimensions))


def choose_examples(pool_PD: Array, band: Band) -> NDArray[np.int64]:
    """Indices of the round(f P) examples that are kept, at least one; at random, the first: the pool has no order."""
    kept = max(1, round(band.keep * len(pool_PD)))
    if band.is_blind:
        return np.arange(kept)
    probe = math.cos(band.radians) * pool_PD[:, 0] + math.sin(band.radians) * pool_PD[:, 1]
    order = np.argsort(np.abs(probe), kind="stable")
    return np.sort(order[:kept] if band.side == "hard" else order[-kept:])


def teach(pool_PD: Array, band: Band) -> Lesson:
    """The student of largest margin on what `band` keeps of the pool."""
    kept_PD = pool_PD[choose_examples(pool_PD, band)]
    found = separate(kept_PD * np.where(kept_PD[:, :1] > 0, 1.0, -1.0))
    error = math.atan2(float(np.linalg.norm(found.weights[1:])), float(found.weights[0])) / math.pi
    return Lesson(error, found.margin, len(kept_PD), found.angle / math.pi)
