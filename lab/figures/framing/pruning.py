"""Students of pruned examples: what a share is called, and the theory's curve beside them."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np
import pandas as pd

from lab.scaling.pruning.band import Band, Side
from lab.scaling.pruning.theory import trace_students


def name_share(share: float) -> str:
    """'all', '1/4' or '0.3' of the examples."""
    simple = Fraction(share).limit_denominator(64)
    return "all" if share == 1 else f"{simple}" if float(simple) == share else f"{share:.3g}"


def trace_theory(span: tuple[float, float], side: Side, keep: float, theta: float, points: int = 33) -> pd.DataFrame:
    """The theory's test_error against kept_ratio, from the one end of `span` to the other."""
    kept = np.geomspace(*span, points)
    students = trace_students((kept / keep).tolist(), Band(side, keep, theta))
    return pd.DataFrame({"kept_ratio": kept, "test_error": [student.error for student in students]})


def find_imperfect(angles: Sequence[float]) -> float:
    """The largest angle of a probe among `angles`; 0 where there is none but the teacher."""
    return max((float(angle) for angle in angles), default=0.0)
