"""A statistic computed once per independent replicate (a seed's whole grid) and the interval of its mean."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from scipy.special import stdtrit

from lab.core.estimate import Estimate


def average_replicates(
    name: str, values: Sequence[float], unit: str = "", level: float = 0.95, what: str = "seeds"
) -> Estimate:
    """Mean of independent replicates with Student's interval, t(n − 1); no interval below two replicates.

    A replicate that has no value (NaN) does not count.
    """
    known = np.array([value for value in values if math.isfinite(value)])
    n = len(known)
    if n < 2:
        value = float(known[0]) if n else math.nan
        return Estimate(name, value, level=level, unit=unit, method=f"needs two {what}, has {n}", n=n)
    mean, error = float(known.mean()), float(known.std(ddof=1)) / math.sqrt(n)
    half = float(stdtrit(n - 1, 0.5 + level / 2)) * error
    return Estimate(name, mean, mean - half, mean + half, level, unit, f"t({n - 1}) over {n} {what}", n)
