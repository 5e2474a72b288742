"""Excess entropy of the ε-machine found by causal-state splitting (Shalizi and Klinkner 2004), exact for that machine.

Of the machine's own block entropies (Crutchfield and Feldman 2003): what the past tells of the whole future.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from lab.complexity.causal_states import find_causal_states
from lab.complexity.code import Message
from lab.complexity.estimator import Estimator


@dataclass(frozen=True)
class CausalExcessEntropy(Estimator):
    """`significance`: the chance that a history of any length is split without cause."""

    quantity = "excess_entropy"
    unit = "bits"

    significance: float = 0.001

    def estimate(self, message: Message) -> float:
        """Bits; NaN where no machine is found."""
        machine = find_causal_states(message.sequence, self.significance).machine
        return machine.excess_bits if machine else math.nan

    def explain(self, message: Message) -> str:
        """Why no machine is found."""
        return find_causal_states(message.sequence, self.significance).reason


estimator = CausalExcessEntropy
