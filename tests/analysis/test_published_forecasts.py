"""Forecasts that others have published, to their digits; each has a synthetic twin in test_backtest or below."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from lab.analysis.comparisons.backtest import run_backtest
from lab.analysis.comparisons.curves import read_curves
from lab.analysis.comparisons.scores import score_backtest
from lab.analysis.laws.named import load_law
from lab.scaling import Data, LeastSquares, Status, fit_law
from lab.scaling.problem import Problem
from lab.scaling.search import search
from lab.scaling.starts import find_starts
from tests.analysis.curves import COLUMNS
from tests.truth import find_truth

SMALL = ((10569312, 20.0), (78914048, 20.0), (153677376, 20.0), (411616256, 20.0), (10569312, 320.0))


@pytest.mark.parametrize(
    ("table", "published"), [("vision", {"IC": 0.1046}), ("lang", {"NMT": 0.2217, "LM": 0.0140, "BB": 0.0148})]
)
def test_m1_on_the_92_curves(table: str, published: dict[str, float]) -> None:
    """M1 of Alabdulmohsin et al. 2022 (arXiv 2209.06640), by their own code: mean RMSLE per domain."""
    path = find_truth(f"laws/alabdulmohsin/benchmark.{table}.csv")
    collection = read_curves(path, **COLUMNS)
    assert len(collection.curves) == {"vision": 72, "lang": 20}[table]
    assert ("687 of 1399 rows repeat another exactly and were dropped" in collection.notes) == (table == "lang")
    scores = score_backtest(run_backtest(collection, ["pure_power"]))
    found = {score.group: round(score.rmsle.value, 4) for score in scores if score.estimator == "pure_power"}
    assert found == published


def fit_five(data: Data) -> np.ndarray:
    """The optimum of `overtrained` by least squares on the raw losses, on data too few for `fit_law`."""
    problem = Problem(load_law("overtrained"), data, LeastSquares(on="raw"))
    starts = problem.chart.read(find_starts(problem, problem.weights[None], 9)[0])
    found = search(problem, np.broadcast_to(problem.weights, (len(starts), len(data))), starts)
    best = int(np.argmin(found.objective))
    assert found.converged[best]
    return np.asarray(problem.chart.write(found.u)[best])


def test_gadre_on_redpajama() -> None:
    """Gadre et al. 2024 (arXiv 2403.08540), figure 1: C4 loss of the 1.4 B (M = 640) and 6.9 B (M = 20) model, foretold
    from five small ones with relative errors of 0.7 %. Four parameters on five points: the lab itself would refuse.
    """
    runs = pd.read_csv(find_truth("laws/gadre/runs.csv"))
    runs = runs[runs["dataset_name"] == "rpj"].rename(columns={"N": "size", "D": "tokens", "loss_c4_val": "loss"})
    small = runs[[pair in SMALL for pair in zip(runs["size"], runs["tok_mult"], strict=True)]]
    assert len(small) == 5
    x = {name: small[name].to_numpy(float) for name in ("size", "tokens")}
    data = Data(x, small["loss"].to_numpy(float), np.arange(5), "run")
    assert fit_law(load_law("overtrained"), data, LeastSquares(on="raw")).status is Status.REFUSED
    theta = fit_five(data)
    for size, ratio, published in ((1439795200, 640.0, 0.00710), (6889410560, 20.0, 0.00732)):
        row = runs[runs["size"].eq(size) & runs["tok_mult"].eq(ratio)].iloc[0]
        at = {name: np.array([float(row[name])]) for name in ("size", "tokens")}
        error = abs(load_law("overtrained").predict(theta, **at)[0] / row["loss"] - 1)
        assert error == pytest.approx(published, abs=5e-6)


def test_five_points_of_a_known_law_foretell_it() -> None:
    """The twin of the above: without noise the same five configurations give the law itself."""
    law, truth = load_law("overtrained"), np.array([1.84, 141.0, 190.0, 0.121])
    size, ratio = np.array(SMALL).T
    x = {"size": size, "tokens": size * ratio}
    theta = fit_five(Data(x, law.predict(truth, **x), np.arange(5), "run"))
    at = {"size": np.array([1.4e9]), "tokens": np.array([9e11])}
    assert law.predict(theta, **at)[0] == pytest.approx(law.predict(truth, **at)[0], rel=1e-8)
