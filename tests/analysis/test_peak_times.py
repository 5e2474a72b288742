"""The time of a peak, read between snapshots."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from lab.analysis.complexity.automata import time_peaks
from lab.tables import Study, Tables


def time_hump(middle: float, width: float = 1.0, steps: int = 33) -> float:
    """The time found of a triangular hump, sampled on a grid that does not hold its top."""
    at = np.linspace(0.0, 8.0, steps)
    bits = 100.0 + 50.0 * np.maximum(1 - np.abs(at - middle) / width, 0.0)
    runs = pd.DataFrame({"run_key": ["a"]})
    curves = pd.DataFrame({"run_key": "a", "sweeps": at, "complexity_bits": bits})
    return float(time_peaks(Tables(Study("hump"), runs, curves), runs)["peak_sweeps"].iloc[0])


@pytest.mark.parametrize("middle", [3.0, 3.05, 3.11, 4.4])
def test_it_is_told_finer_than_the_snapshots(middle: float) -> None:
    assert time_hump(middle) == pytest.approx(middle, abs=0.06)  # snapshots are 0.25 apart


def test_two_that_peak_at_one_snapshot_are_told_apart() -> None:
    assert time_hump(3.02) < time_hump(3.05) < time_hump(3.08)


def test_a_run_without_a_hump_has_no_time() -> None:
    runs = pd.DataFrame({"run_key": ["a", "b"]})
    curves = pd.DataFrame({"run_key": "a", "sweeps": [0.0, 1.0], "complexity_bits": [5.0, 5.0]})
    assert time_peaks(Tables(Study("flat"), runs, curves), runs)["peak_sweeps"].isna().all()
