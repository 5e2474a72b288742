"""Every number the lab shows is an `Estimate`: a value with its interval, unit, method and sample size."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Estimate:
    """A value with an interval.

    `low` and `high` bound the interval at `level` (0.95 by default) and are `nan` where no honest interval exists:
    `method` then says why. `n` counts the independent units (trunks, seeds, documents), never the rows.
    """

    name: str
    value: float
    low: float = math.nan
    high: float = math.nan
    level: float = 0.95
    unit: str = ""
    method: str = ""
    n: int = 0

    @property
    def has_interval(self) -> bool:
        """Whether both ends of the interval are known (they may be infinite: unbounded)."""
        return not (math.isnan(self.low) or math.isnan(self.high))

    def contains(self, value: float) -> bool:
        """Whether the interval holds `value`; False where there is no interval."""
        return self.has_interval and self.low <= value <= self.high

    def to_dict(self) -> dict[str, Any]:
        """Literals for JSON; NaN and infinity become None and the word 'unbounded'."""
        row = asdict(self)
        for end in ("value", "low", "high"):
            number = row[end]
            if math.isnan(number):
                row[end] = None
            elif math.isinf(number):
                row[end] = "unbounded"
        return row

    def __str__(self) -> str:
        if math.isnan(self.value):
            return "no estimate"
        unit = f" {self.unit}" if self.unit else ""
        if not self.has_interval:
            return f"{self.value:.4g}{unit} (no interval: {self.method or 'not computed'})"
        return f"{self.value:.4g} [{_end(self.low)}, {_end(self.high)}]{unit}"


def _end(number: float) -> str:
    return f"{number:.4g}" if math.isfinite(number) else "unbounded"
