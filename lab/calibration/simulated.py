"""Worlds whose miscalibration is known: confidences of a beta distribution, outcomes of a distorted probability.

With f ~ Beta(a, b) the event happens with probability η(f) = f^γ, or σ(T logit f) as after a temperature that is off.
Both rise with f, so that recalibration recovers η and every truth is an integral over f: ECE = E|η − f|, and of the
Brier score MCB = E(η − f)².

Shape suffixes: N predictions, Q nodes of quadrature.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

import numpy as np
from scipy import integrate, optimize, special

from lab.calibration.cells import Cells, Floats
from lab.calibration.measure import CellMeasure
from lab.calibration.predictions import Predictions
from lab.core.errors import InputError

Distortion = Literal["power", "temperature"]
NODES = 20_000  # of equal probability; midpoints
VAST = 1e12  # a weight at which no estimate has noise left
STRONGEST = 20.0


@dataclass(frozen=True)
class World:
    """f ~ Beta(`a`, `b`); η = f^`strength` (power) or σ(`strength` · logit f) (temperature). Calibrated at 1."""

    a: float = 2.0
    b: float = 1.0
    distortion: Distortion = "temperature"
    strength: float = 1.0

    def __post_init__(self) -> None:
        if not (self.a > 0 and self.b > 0 and self.strength > 0):
            rule = "a, b and strength are positive"
            raise InputError("simulated world", (self.a, self.b, self.strength), rule, "strength 1 is calibrated")

    def expect(self, confidence: Floats) -> Floats:
        """η: how often the event happens at each confidence."""
        if self.distortion == "power":
            return np.asarray(confidence**self.strength)
        with np.errstate(divide="ignore"):
            return np.asarray(special.expit(self.strength * special.logit(confidence)))

    def draw(self, n: int, rng: np.random.Generator) -> Predictions:
        """n independent predictions."""
        confidence_N = rng.beta(self.a, self.b, n)
        return Predictions.of_confidences(confidence_N, rng.random(n) < self.expect(confidence_N))

    def integrate(self, exponent: float) -> float:
        """E|η − f|^exponent by adaptive quadrature over f: the true ECE at 1, the true MCB (Brier) at 2."""

        def weigh(quantile: float) -> float:
            confidence: Floats = np.asarray(special.betaincinv(self.a, self.b, quantile), dtype=np.float64)
            return float(abs(self.expect(confidence) - confidence) ** exponent)

        # η − f of a temperature changes its sign at 1/2, where |η − f| has a corner.
        corner = float(special.betainc(self.a, self.b, 0.5))
        parts = [integrate.quad(weigh, *ends, limit=200)[0] for ends in ((0.0, corner), (corner, 1.0))]
        return float(sum(parts))

    @cached_property
    def population(self) -> Cells:
        """All that there is to predict: equal-probability midpoints, each with its share of both outcomes."""
        confidence_Q = special.betaincinv(self.a, self.b, (np.arange(NODES) + 0.5) / NODES)
        chance_Q = self.expect(confidence_Q)
        weight = np.concatenate([chance_Q, 1 - chance_Q]) * VAST
        return Cells(np.tile(confidence_Q, 2), np.repeat([1.0, 0.0], NODES), weight[None, :])

    def measure_truth(self, measure: CellMeasure) -> float:
        """What the measure is of infinitely many predictions."""
        return float(measure.of_cells(self.population)[0])

    def reach(self, error: float) -> World:
        """The same confidences with a true ECE of `error`, overconfident; raises `InputError` where none has it."""
        if error == 0:
            return replace(self, strength=1.0)
        start, end = (1.0, STRONGEST) if self.distortion == "power" else (1.0, 1e-6)
        most = replace(self, strength=end).integrate(1)
        if not 0 < error < most:
            raise InputError("true error", error, f"lies between 0 and {most:.3g} here", "choose other confidences")
        low, high = sorted((start, end))
        return replace(self, strength=float(optimize.brentq(self._exceed, low, high, args=(error,))))

    def _exceed(self, strength: float, error: float) -> float:
        return replace(self, strength=float(strength)).integrate(1) - error
