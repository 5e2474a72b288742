"""Statistical complexity C_μ: bits of the past that prediction needs (Crutchfield and Young 1989).

Entropy of the causal states found by splitting (Shalizi and Klinkner 2004). Where C_μ diverges (Thue–Morse) it grows
with the length of the sequence.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from lab.complexity.causal_states import find_causal_states
from lab.complexity.code import Message
from lab.complexity.estimator import Estimator


@dataclass(frozen=True)
class StatisticalComplexity(Estimator):
    """`significance`: the chance that a history of any length is split without cause."""

    quantity = "statistical_complexity"
    unit = "bits"

    significance: float = 0.001

    def estimate(self, message: Message) -> float:
        """Bits; NaN where no machine is found."""
        machine = find_causal_states(message.sequence, self.significance).machine
        return machine.complexity_bits if machine else math.nan

    def explain(self, message: Message) -> str:
        """Why no machine is found."""
        return find_causal_states(message.sequence, self.significance).reason


estimator = StatisticalComplexity
