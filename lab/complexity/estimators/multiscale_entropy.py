"""Multiscale entropy: mean sample entropy of the sequence averaged over runs of 1, 2 … values (Costa et al. 2002).

Costa, Goldberger and Peng, Phys. Rev. Lett. 89:068102: noise loses entropy as the runs grow, 1/f signals keep it. The
tolerance is that of the sequence itself at every scale, as there.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from lab.complexity.blocks import Floats
from lab.complexity.code import Message
from lab.complexity.estimator import Estimator
from lab.complexity.regularity import average_runs, measure_sample_entropy
from lab.core.errors import InputError

FEWEST = 200  # values left at the largest scale


@dataclass(frozen=True)
class MultiscaleEntropy(Estimator):
    """`scales`: the longest run averaged; `length` and `tolerance`: of the sample entropy, Costa's 2 and 0.15."""

    unit = "bits"

    scales: int = 5
    length: int = 2
    tolerance: float = 0.15

    def __post_init__(self) -> None:
        if not (self.scales >= 1 and self.length >= 1 and self.tolerance >= 0):
            raise InputError(
                "multiscale_entropy", (self.scales, self.length, self.tolerance), "1 scale, 1 value, tolerance ≥ 0"
            )

    def estimate(self, message: Message) -> float:
        """Bits, the mean over the scales; NaN where one of them has none."""
        return float(self.trace(message).mean())

    def trace(self, message: Message) -> Floats:
        """Sample entropy in bits at scales 1 … `scales`; all NaN below 200 values at the largest."""
        values = message.sequence
        if len(values) < FEWEST * self.scales:
            return np.full(self.scales, math.nan)
        near = self.tolerance * float(values.std())
        runs = (average_runs(values, scale) for scale in range(1, self.scales + 1))
        return np.array([measure_sample_entropy(run, self.length, near) for run in runs])

    def explain(self, message: Message) -> str:
        """Too few symbols, or no two stretches alike at some scale."""
        if len(message) < FEWEST * self.scales:
            return f"{len(message)} symbols are too few for {self.scales} scales: needs {FEWEST * self.scales}"
        missing = np.flatnonzero(np.isnan(self.trace(message))) + 1
        return f"nothing recurs, or too many pairs are to compare, at scale {missing[0]}" if len(missing) else ""


estimator = MultiscaleEntropy
