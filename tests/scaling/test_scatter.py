"""The tests of the residuals' scatter against SciPy's."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from lab.scaling.scatter import ask_tails, ask_trend, measure_kurtosis


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("count", [20, 60, 240])
def test_the_same_as_scipy(seed: int, count: int) -> None:
    rng = np.random.default_rng(seed)
    r = rng.standard_t(3, count) if seed % 2 else rng.standard_normal(count)
    x = np.round(rng.standard_normal(count), 1) + (seed > 3) * r  # ties among them
    theirs = stats.kurtosistest(r)
    assert measure_kurtosis(r) == pytest.approx(stats.kurtosis(r), rel=1e-12)
    assert ask_tails(r) == pytest.approx((theirs.statistic, theirs.pvalue), rel=1e-9)
    assert ask_trend(x, r).p == pytest.approx(stats.spearmanr(x, r).pvalue, rel=1e-9)
