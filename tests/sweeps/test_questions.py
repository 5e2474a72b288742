"""What every question asks of its evidence: enough independent units."""

from __future__ import annotations

import pandas as pd
import pytest

from lab.core.estimate import Estimate
from lab.core.verdict import Outcome
from sweeps import FEWEST_UNITS, Question


def find(level: float, n: int) -> Estimate:
    return Estimate("θ", 1.0, 0.9, 1.1, level, method="t", n=n)


@pytest.mark.parametrize("value", [None, 1.0])
@pytest.mark.parametrize("fewest", [FEWEST_UNITS, 0])
def test_fewer_than_twelve_units_bear_no_verdict_unless_a_fit_vouches_for_them(
    value: float | None, fewest: int
) -> None:
    asked = Question("c", "It is so.", 0.5, "it is", "Someone 1999", "seed", value=value, fewest=fewest)
    for n in (2, 11, 12):
        verdict = asked.judge(lambda level, n=n: find(level, n), pd.DataFrame(), "run more")  # type: ignore[misc]
        enough = n >= fewest
        assert verdict.outcome is (Outcome.SUPPORTED if enough else Outcome.UNDERPOWERED)
        assert verdict.estimate.has_interval is enough and verdict.estimate.value == 1.0
        told = f"needs 12 independent units, has {n}; the unit is the seed): run more"
        assert (told in verdict.reason) is not enough


def test_what_has_no_interval_keeps_its_own_reason() -> None:
    asked = Question("c", "It is so.", 0.5, "it is", "Someone 1999", "seed")
    verdict = asked.judge(lambda level: Estimate("θ", 0.0, method="there is no curve"), pd.DataFrame(), "run some")
    assert "there is no curve" in verdict.reason and verdict.outcome is Outcome.UNDERPOWERED
