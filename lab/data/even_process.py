"""The even process: 1s come in runs of even length (Weiss 1973; Crutchfield and Feldman 2003, arXiv cond-mat/0102181).

Two causal states and yet no Markov order: a run of 1s must be followed back to its start. At p = ½: h = 2/3 bit and
E = C_μ = H(1/3) = 0.9183 bit, because the future tells the state that the past does.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lab.data.chains import check_probability
from lab.data.chains.unifilar import Machine, Unifilar


@dataclass(frozen=True)
class EvenProcess(Unifilar):
    """`p`: probability of a 1 where a run may end or begin."""

    p: float = 0.5
    known = "Everything: h = H(p)/(1+p), E = C_μ = H(p/(1+p)); 2/3, 0.9183 and 0.9183 bits at p = 1/2."

    def __post_init__(self) -> None:
        check_probability("even_process.p", self.p)

    def build_machine(self) -> Machine:
        """State 0 may emit either symbol, state 1 (inside a pair) must emit a 1."""
        return Machine(np.array([[1 - self.p, self.p], [0.0, 1.0]]), np.array([[0, 1], [0, 0]]))


source = EvenProcess
