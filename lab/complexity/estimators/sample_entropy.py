"""Sample entropy: how surely stretches that were alike stay alike for one more value (Richman and Moorman 2000)."""

from __future__ import annotations

import math
from dataclasses import dataclass

from lab.complexity.code import Message
from lab.complexity.estimator import Estimator
from lab.complexity.regularity import MOST_PAIRS, measure_sample_entropy
from lab.core.errors import InputError

FEWEST = 200  # symbols: below, pairs that are alike are a handful


@dataclass(frozen=True)
class SampleEntropy(Estimator):
    """`length`: values alike; `tolerance`: what counts as alike, in standard deviations of the sequence."""

    unit = "bits"

    length: int = 2
    tolerance: float = 0.2

    def __post_init__(self) -> None:
        if not (self.length >= 1 and self.tolerance >= 0):
            raise InputError("sample_entropy", (self.length, self.tolerance), "length at least 1, tolerance at least 0")

    def estimate(self, message: Message) -> float:
        """Bits (the papers have nats); NaN below 200 symbols or where nothing recurs."""
        values = message.sequence
        if len(values) < FEWEST:
            return math.nan
        return measure_sample_entropy(values, self.length, self.tolerance * float(values.std()))

    def explain(self, message: Message) -> str:
        """Too few symbols, or no two stretches alike."""
        if len(message) < FEWEST:
            return f"{len(message)} symbols are too few: needs {FEWEST}"
        if math.isnan(self.estimate(message)):
            return f"no stretch of {self.length + 1} values recurs, or more than {MOST_PAIRS:.0e} pairs are to compare"
        return ""


estimator = SampleEntropy
