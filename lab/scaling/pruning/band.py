"""Which examples are kept: those of smallest, or of largest, margin to a probe, or any.

The probe is a perceptron at the angle θ to the teacher. An example x ~ N(0, 1_d) has the field z = J·x along the probe
J, normal too; |z| is how easy the probe finds it. Sorscher, Geirhos, Shekhar, Ganguli & Morcos 2022, Beyond neural
scaling laws: beating power law scaling via data pruning (arXiv 2206.14486), section 2.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, get_args

from scipy.special import ndtri

from lab.core.errors import InputError

Side = Literal["hard", "easy", "random"]
FARTHEST = 8.5  # fields beyond 8.5 standard deviations have probability 2·10⁻¹⁷


@dataclass(frozen=True)
class Band:
    """The `keep` share f of all examples, by |z|: the smallest ('hard'), the largest ('easy'), or any ('random').

    `theta` is the probe's angle to the teacher in degrees, 0 (it is the teacher) to 90 (it knows nothing). Raises
    `InputError` for a share outside (0, 1] or an angle outside [0, 90].
    """

    side: Side
    keep: float
    theta: float = 0.0

    def __post_init__(self) -> None:
        if self.side not in get_args(Side):
            raise InputError("side that is kept", self.side, f"one of {', '.join(get_args(Side))}")
        if not 0 < self.keep <= 1:
            raise InputError("share of examples kept", self.keep, "above 0, at most 1", "choose, say, 0.5")
        if not 0 <= self.theta <= 90:
            raise InputError("angle of the probe", self.theta, "0 to 90 degrees", "0 is the teacher itself")

    @property
    def is_blind(self) -> bool:
        """Whether what is kept does not depend on the fields."""
        return self.side == "random" or self.keep == 1

    @property
    def edge(self) -> float:
        """γ: |z| ≤ γ is kept of the hard, |z| ≥ γ of the easy; P(|z| ≤ γ) = f, or 1 − f."""
        share = self.keep if self.side == "hard" else 1 - self.keep
        return float(ndtri(0.5 + share / 2))

    @property
    def interval(self) -> tuple[float, float]:
        """The |z| that are kept, cut off where nothing is left of the normal density."""
        if self.side == "random":
            return 0.0, FARTHEST
        return (0.0, min(self.edge, FARTHEST)) if self.side == "hard" else (self.edge, FARTHEST)

    @property
    def radians(self) -> float:
        """θ in radians."""
        return math.radians(self.theta)
