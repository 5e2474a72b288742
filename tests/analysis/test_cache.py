"""Fits are made once, and anything they depend on makes them anew."""

from __future__ import annotations

import numpy as np

from lab.analysis.laws.cache import fit_once
from lab.core.registry import open_shelf
from lab.scaling import Data, Huber, LeastSquares


def test_a_fit_is_made_once_per_question() -> None:
    power, pure = (open_shelf("laws").load(name) for name in ("power", "pure_power"))
    x, y = {"x": np.geomspace(1e4, 1e6, 8)}, np.geomspace(4, 2, 8)
    data = Data(x, y, np.arange(8))
    first = fit_once(pure, data)
    assert fit_once(pure, Data(x, y.copy(), np.arange(8)), Huber()) is first
    others = [
        fit_once(power, data),
        fit_once(pure, data, LeastSquares()),
        fit_once(pure, data, Huber(0.02)),
        fit_once(pure, Data(x, y * 1.01, np.arange(8))),
        fit_once(pure, Data(x, y, np.arange(8) // 2)),
        fit_once(pure, Data(x, y)),
    ]
    assert all(other is not first for other in others)
    assert others[-1].status == "refused" and first.status == "converged"
