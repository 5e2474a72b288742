"""Permutation entropy: how evenly the orders of successive values occur (Bandt and Pompe 2002).

Entropy of the ordinal patterns over its maximum log2(order!). It knows only which value is larger: of few symbols,
where most values are equal, it says little.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from lab.complexity.blocks import MARGIN, estimate_miller_madow
from lab.complexity.code import Message
from lab.complexity.estimator import Estimator
from lab.complexity.regularity import rank_patterns
from lab.core.errors import InputError


@dataclass(frozen=True)
class PermutationEntropy(Estimator):
    """`order`: values in a pattern, 2 to 8; `delay`: positions between them."""

    unit = ""

    order: int = 4
    delay: int = 1

    def __post_init__(self) -> None:
        if not (2 <= self.order <= 8 and self.delay >= 1):
            raise InputError("permutation_entropy", (self.order, self.delay), "order 2 to 8 and delay at least 1")

    def estimate(self, message: Message) -> float:
        """0 (one pattern) to 1 (all alike), corrected as Miller and Madow have it; NaN below MARGIN a pattern."""
        if self.explain(message):
            return math.nan
        counts = np.bincount(rank_patterns(message.sequence, self.order, self.delay))
        return min(estimate_miller_madow(counts) / math.log2(math.factorial(self.order)), 1.0)

    def explain(self, message: Message) -> str:
        """How many symbols it takes to see every pattern often enough."""
        needed = MARGIN * math.factorial(self.order) + (self.order - 1) * self.delay
        few = len(message) < needed
        return f"{len(message)} symbols are too few for order {self.order}: needs {needed}" if few else ""


estimator = PermutationEntropy
