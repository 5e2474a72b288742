"""Entropy rate of the ε-machine found by causal-state splitting (Shalizi and Klinkner 2004).

Of few parameters where the source has few states, so that it needs far fewer symbols than block entropies do.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from lab.complexity.causal_states import find_causal_states
from lab.complexity.code import Message
from lab.complexity.estimator import Estimator


@dataclass(frozen=True)
class CausalEntropyRate(Estimator):
    """`significance`: the chance that a history of any length is split without cause."""

    quantity = "entropy_rate"

    significance: float = 0.001

    def estimate(self, message: Message) -> float:
        """Bits per symbol; NaN where no machine is found."""
        machine = find_causal_states(message.sequence, self.significance).machine
        return machine.rate_bits if machine else math.nan

    def explain(self, message: Message) -> str:
        """Why no machine is found."""
        return find_causal_states(message.sequence, self.significance).reason


estimator = CausalEntropyRate
