"""Excess entropy from block entropies, E = Σ_L (h_L − h) = H(L) − L h (Crutchfield and Feldman 2003, equation 22).

What the past tells of the future, as far as the longest sampled block sees; a lower bound in the limit of many samples.
Where E diverges (Thue–Morse) it grows with the length of the sequence.
"""

from __future__ import annotations

from dataclasses import dataclass

from lab.complexity.blocks import Correction, measure_blocks
from lab.complexity.code import Message
from lab.complexity.estimator import Estimator


@dataclass(frozen=True)
class BlockExcessEntropy(Estimator):
    """`correction`: of the bias of each block entropy; L times that of h is in E."""

    quantity = "excess_entropy"
    unit = "bits"

    correction: Correction = "grassberger"

    def estimate(self, message: Message) -> float:
        """Bits; NaN where blocks of two symbols are not sampled."""
        return measure_blocks(message.sequence, self.correction).excess_bits

    def explain(self, message: Message) -> str:
        """Which blocks are too many."""
        return measure_blocks(message.sequence, self.correction).reason


estimator = BlockExcessEntropy
