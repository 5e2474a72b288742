"""Entropy rate as the last sampled difference of block entropies, h = H(L) − H(L−1) (Shannon 1951).

Corrected for few samples (Miller 1955; Grassberger 2003). An upper bound in the limit of many samples: it falls to h
as L grows (Crutchfield and Feldman 2003, equation 12).
"""

from __future__ import annotations

from dataclasses import dataclass

from lab.complexity.blocks import Correction, measure_blocks
from lab.complexity.code import Message
from lab.complexity.estimator import Estimator


@dataclass(frozen=True)
class BlockEntropyRate(Estimator):
    """`correction`: of the bias of each block entropy."""

    quantity = "entropy_rate"

    correction: Correction = "grassberger"

    def estimate(self, message: Message) -> float:
        """Bits per symbol; NaN where blocks of two symbols are not sampled."""
        return measure_blocks(message.sequence, self.correction).rate_bits

    def explain(self, message: Message) -> str:
        """Which blocks are too many."""
        return measure_blocks(message.sequence, self.correction).reason


estimator = BlockEntropyRate
