"""A thousand bootstrap replicates of four measures of calibration at n = 10⁶, against the usual libraries' loops.

The lab draws category weights and computes ECE (15 bins), smooth ECE, the three parts of CORP and the Brier score of
all replicates; grid and draws are in its time. The peers are what `torchmetrics` (binary calibration error, l1: bucket,
scatter-add, mean) and `model-diagnostics` (decompose: isotonic regression of scikit-learn on every row, and three mean
scores) do for one sample, looped over resampled rows. Where they are installed they are run themselves; else their
algorithms, written here in numpy and scikit-learn, which leaves out the libraries' own overhead. A few replicates are
timed and scaled. CPU-seconds of one process.

    python -m benchmarks.calibration_bootstrap
"""

from __future__ import annotations

import importlib.util
import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from sklearn.isotonic import IsotonicRegression

from lab.calibration.cells import lay_grid
from lab.calibration.corp import Decomposition
from lab.calibration.draws import draw_bootstrap
from lab.calibration.measures.brier import Brier
from lab.calibration.measures.ece_equal_width import EqualWidthError
from lab.calibration.measures.smooth_ece import SmoothError
from lab.calibration.predictions import Predictions
from lab.calibration.simulated import World

N, REPLICATES, PEER_REPLICATES = 1_000_000, 1000, 3
Floats = NDArray[np.float64]


def run_lab(predictions: Predictions) -> dict[str, Floats]:
    """All measures of all replicates."""
    grid = lay_grid(predictions)
    cells = draw_bootstrap(predictions, grid, REPLICATES, np.random.default_rng(0))
    parts = Decomposition(cells)
    return {
        "ece": EqualWidthError().of_cells(cells),
        "smooth_ece": SmoothError().of_cells(cells),
        "brier": Brier().of_cells(cells),
        "miscalibration": parts.miscalibration_R,
        "discrimination": parts.discrimination_R,
        "uncertainty": parts.uncertainty_R,
    }


def measure_like_torchmetrics(confidence: Floats, outcome: Floats) -> float:
    """Its `_binning_bucketize` and `_ce_compute` of l1: edges looked up, three scatter-adds, a weighted mean."""
    edges = np.linspace(0, 1, 16)
    index = np.clip(np.searchsorted(edges, confidence, side="right") - 1, 0, 14)
    count, sums, right = np.zeros(15), np.zeros(15), np.zeros(15)
    np.add.at(count, index, 1.0)
    np.add.at(sums, index, confidence)
    np.add.at(right, index, outcome)
    return float(np.abs(sums - right).sum() / count.sum())


def decompose_like_model_diagnostics(confidence: Floats, outcome: Floats) -> tuple[float, float, float]:
    """Its `decompose`: scikit-learn's isotonic regression, then the mean scores of rows, of recalibrated rows, of ȳ."""
    fitted = IsotonicRegression(y_min=None, y_max=None).fit(confidence, outcome).predict(confidence)
    mean = outcome.mean()
    score, recalibrated = ((confidence - outcome) ** 2).mean(), ((fitted - outcome) ** 2).mean()
    uncertainty = ((mean - outcome) ** 2).mean()
    return float(score - recalibrated), float(uncertainty - recalibrated), float(uncertainty)


def choose_peers() -> tuple[str, Callable[[Floats, Floats], float], Callable[[Floats, Floats], object]]:
    """The libraries where they are, else their algorithms."""
    if importlib.util.find_spec("torchmetrics") and importlib.util.find_spec("model_diagnostics"):
        import torch
        from model_diagnostics.scoring import SquaredError, decompose
        from torchmetrics.functional.classification import binary_calibration_error

        def measure(confidence: Floats, outcome: Floats) -> float:
            return float(binary_calibration_error(torch.as_tensor(confidence), torch.as_tensor(outcome).int()))

        def split(confidence: Floats, outcome: Floats) -> object:
            return decompose(outcome, confidence, scoring_function=SquaredError())

        return "torchmetrics + model-diagnostics", measure, split
    name = "plain equivalents of torchmetrics + model-diagnostics (not installed)"
    return name, measure_like_torchmetrics, decompose_like_model_diagnostics


def clock(work: Callable[[], object], rounds: int = 1) -> float:
    """Least CPU-seconds of `work`."""
    spent = []
    for _ in range(rounds):
        began = time.process_time()
        work()
        spent.append(time.process_time() - began)
    return min(spent)


def main() -> None:
    """The lab's seconds, each peer's scaled to a thousand, their ratio, and one smooth ECE."""
    predictions = World(5, 1).reach(0.026).draw(N, np.random.default_rng(0))
    run_lab(predictions.subset(np.arange(1000)))  # plans of the transforms are made
    lab = clock(lambda: run_lab(predictions), 3)
    print(f"lab: {REPLICATES} replicates of ECE, smECE, MCB, DSC, UNC and Brier at n = {N:,}: {lab:.2f} CPU-s")
    name, measure, split = choose_peers()
    rng = np.random.default_rng(1)
    rows = [rng.integers(0, N, N) for _ in range(PEER_REPLICATES)]
    f, y = predictions.confidence_N, predictions.outcome_N
    binned = clock(lambda: [measure(f[index], y[index]) for index in rows]) * REPLICATES / PEER_REPLICATES
    corp = clock(lambda: [split(f[index], y[index]) for index in rows]) * REPLICATES / PEER_REPLICATES
    print(f"{name}, {PEER_REPLICATES} replicates scaled: ECE {binned:.0f} s + CORP {corp:.0f} s")
    print(f"ratio: {(binned + corp) / lab:.0f} times")
    print(f"smooth ECE, one value: {1000 * clock(lambda: SmoothError().of(predictions), 9):.1f} ms")


if __name__ == "__main__":
    main()
