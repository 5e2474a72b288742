"""Independent coin flips (Bernoulli 1713): no memory, so E = C_μ = 0 and h = H(p) (Shannon 1948)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lab.data.chains import check_probability
from lab.data.chains.unifilar import Machine, Unifilar


@dataclass(frozen=True)
class Bernoulli(Unifilar):
    """`p`: probability of a 1."""

    p: float = 0.5
    known = "Everything: h = H(p), E = 0 and C_μ = 0."

    def __post_init__(self) -> None:
        check_probability("bernoulli.p", self.p)

    def build_machine(self) -> Machine:
        """One state."""
        return Machine(np.array([[1 - self.p, self.p]]), np.array([[0, 0]]))


source = Bernoulli
