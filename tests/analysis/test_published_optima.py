"""Published exponents of the best size, through the lab's own engine and approaches.

Porian et al. 2024, arXiv 2406.19146: weighted least squares of ln N* on ln C with the valleys' own standard errors; the
weighted fits of the loss in the same file are stuck at their start and are not used.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from lab.analysis.optimum.approaches import compare_approaches
from lab.analysis.optimum.comparison import CORRECTED, LAW, VALLEYS
from lab.analysis.optimum.frontier import OptimalSize
from lab.core.seeds import open_stream
from lab.scaling import Data, Fit, LeastSquares, Status, fit_law
from lab.tables import import_runs
from tests.truth import find_truth

SETTING = ["dataset", "hparams", "warmup", "decay", "param_count", "val"]


def fit_sizes(compute: np.ndarray, sizes: np.ndarray, error: np.ndarray) -> Fit:
    """N* = k·C^a by least squares on the logarithm, weighted by 1/`error`² of ln N*."""
    data = Data({"compute": compute}, sizes, np.arange(len(sizes)), weights=error**-2)
    return fit_law(OptimalSize(), data, LeastSquares())


def test_porians_fifteen_exponents() -> None:
    pairs = pd.read_csv(find_truth("laws/porian/optimal_pairs.csv"))
    published = pd.read_csv(find_truth("laws/porian/published_fits.csv"))
    assert len(published) == 15
    for _, row in published.iterrows():
        own = pairs[(pairs[SETTING] == row[SETTING]).all(axis=1)].dropna(subset=["n_star", "n_star_std"])
        columns = (own[name].to_numpy() for name in ("flops", "n_star", "n_star_std"))
        fit = fit_sizes(*columns)
        assert fit.status is Status.CONVERGED and len(own) > 8
        assert fit.find("a").value == pytest.approx(row["n_exp"], abs=5e-5), row[SETTING].tolist()
        assert fit.find("k").value == pytest.approx(row["n_coef"], rel=1e-3)
        assert fit.find("a").has_interval


def test_the_weights_are_those_of_the_textbook() -> None:
    """The twin of the above on made-up valleys: the normal equations in closed form."""
    rng = open_stream(0, "porian")
    compute = np.geomspace(1e16, 1e19, 11)
    error = np.geomspace(0.3, 0.03, 11)
    sizes = 1e-3 * compute**0.5 * np.exp(error * rng.standard_normal(11))
    x, y, w = np.log(compute), np.log(sizes), error**-2
    x0, y0 = (w @ x) / w.sum(), (w @ y) / w.sum()
    slope = (w @ ((x - x0) * (y - y0))) / (w @ (x - x0) ** 2)
    fit = fit_sizes(compute, sizes, error)
    assert fit.find("a").value == pytest.approx(slope, rel=1e-9)
    assert np.log(fit.find("k").value) == pytest.approx(y0 - slope * x0, rel=1e-9)
    even = fit_sizes(compute, sizes, np.ones(11)).find("a").value
    assert abs(even - slope) > 1e-4, "the weights matter"


def test_porians_valleys_from_their_points(tmp_path: Path) -> None:
    """Their tuned setting from its runs alone: their 0.497, by an interpolated minimum, lies in every interval."""
    points = pd.read_csv(find_truth("laws/porian/isoflop_points.csv"))
    own = points[(points[SETTING] == ["rw", "tuned", "short", "const", "standard", "val"]).all(axis=1)]
    own[["params", "tokens", "flops", "loss"]].to_csv(tmp_path / "porian.csv", index=False)
    mapping = {"params_total": "params", "tokens": "tokens", "flops": "flops", "loss_nats": "loss"}
    comparison = compare_approaches(import_runs(tmp_path / "porian.csv", mapping))
    for name in (VALLEYS, CORRECTED, LAW):
        a = comparison.estimate_exponent(name)
        assert a.contains(0.4969) and a.high - a.low < 0.3, name
