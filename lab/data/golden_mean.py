"""The golden mean process: no two 0s in a row (Crutchfield and Feldman 2003, arXiv cond-mat/0102181).

A Markov chain of order one whose support grows like the golden mean. At p = ½: h = 2/3 bit, C_μ = H(1/3) = 0.9183 bit
and E = H(1/3) − 2/3 = 0.2516 bit: it remembers more than it can use.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lab.data.chains import check_probability
from lab.data.chains.unifilar import Machine, Unifilar


@dataclass(frozen=True)
class GoldenMean(Unifilar):
    """`p`: probability of a 0 where one is allowed."""

    p: float = 0.5
    known = "Everything: h = H(p)/(1+p), C_μ = H(p/(1+p)) and E = C_μ − h; 2/3, 0.9183 and 0.2516 bits at p = 1/2."

    def __post_init__(self) -> None:
        check_probability("golden_mean.p", self.p)

    def build_machine(self) -> Machine:
        """State 0 may emit either symbol, state 1 (after a 0) must emit a 1."""
        return Machine(np.array([[self.p, 1 - self.p], [0.0, 1.0]]), np.array([[1, 0], [0, 0]]))


source = GoldenMean
