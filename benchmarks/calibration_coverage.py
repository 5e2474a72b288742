"""Do the intervals of measures of calibration hold the truth, does the null know a calibrated model, what is the bias?

The mean of every measure over calibrated models at n = 300 to 100,000, and the slope of its logarithm: the
`bias_exponent` that each measure carries. Then worlds of known truth (lab/calibration/simulated.py): f ~ Beta(2, 1) and
a temperature that is off, true ECE 0, 0.026 and 0.079, n = 1000 and 10,000. Of every simulated sample `evaluate_all`
gives value, interval and flag as anybody gets them; basic and percentile bootstrap intervals stand beside. Prints
the tables of docs/calibration/intervals.md.

    python -m benchmarks.calibration_coverage --simulations 200 --replicates 400
"""

from __future__ import annotations

import argparse
import time

import numpy as np

from lab.calibration.cells import Cells, lay_grid
from lab.calibration.draws import draw_bootstrap, draw_calibrated
from lab.calibration.measure import CellMeasure
from lab.calibration.resampling import Evaluation, evaluate_all
from lab.calibration.simulated import World
from lab.core.registry import open_shelf
from lab.core.seeds import open_stream

WORLD = World(2, 1)
ERRORS, COUNTS = (0.0, 0.026, 0.079), (1_000, 10_000)
COVERED = (
    "ece_equal_width",
    "ece_equal_mass",
    "debiased_l2",
    "brier",
    "calibration_loss",
    "refinement_loss",
    "smooth_ece",
    "miscalibration",
    "kolmogorov_smirnov",
    "mce",
)
SIZES = (300, 1_000, 3_000, 10_000, 30_000, 100_000)


def load_measures(names: tuple[str, ...]) -> list[CellMeasure]:
    """From the shelf."""
    return [open_shelf("measures").load(name) for name in names]


def simulate_coverage(error: float, n: int, simulations: int, replicates: int) -> None:
    """A line per measure: truth, means of value and estimate, coverage of three intervals, width, unbounded, flag."""
    world, measures = WORLD.reach(error), load_measures(COVERED)
    truths = np.maximum([world.measure_truth(measure) for measure in measures], 0.0)  # not −1e-17
    rows = []
    for simulation in range(simulations):
        predictions = world.draw(n, open_stream(simulation, "coverage", str(error), n))
        grid = lay_grid(predictions)
        drawn = draw_bootstrap(predictions, grid, replicates, open_stream(simulation, "coverage", "bootstrap"))
        found = evaluate_all(measures, predictions, simulation, replicates)
        rows.append([list_facts(result, truths[m], grid.cells, drawn) for m, result in enumerate(found)])
    seen = np.array(rows, dtype=float)
    for m, measure in enumerate(measures):
        value, estimate, held, basic, percentile, width, flag = seen[:, m].T
        told = f"{flag.mean():.3f}" if measure.vanishes else "–"
        print(
            f"| {error} | {n:,} | {measure.name} | {truths[m]:.5f} | {value.mean():.5f} | {estimate.mean():.5f} "
            f"| {np.nanmean(held):.2f} | {basic.mean():.2f} | {percentile.mean():.2f} | {np.median(width):.4f} "
            f"| {np.isinf(width).mean():.2f} | {told} |",
            flush=True,
        )


def list_facts(result: Evaluation, truth: float, exact: Cells, drawn: Cells) -> list[float]:
    """Value, estimate; whether its interval, a basic and a percentile one hold the truth; width; flag."""
    estimate, measure = result.estimate, result.measure
    assert isinstance(measure, CellMeasure)
    low, high = np.quantile(measure.of_cells(drawn), [0.025, 0.975])
    near, far = 2 * measure.of_cells(exact)[0] - np.array([high, low])
    if measure.vanishes:
        near, far = max(near, 0.0), max(far, 0.0)
    held = float(estimate.low <= truth <= estimate.high) if estimate.has_interval else np.nan
    flag = float(result.null.indistinguishable) if result.null else np.nan
    width = estimate.high - estimate.low
    return [result.value, estimate.value, held, near <= truth <= far, low <= truth <= high, width, flag]


def measure_bias(replicates: int) -> None:
    """A line per measure: its mean over calibrated models at every size, and −slope in log n."""
    names = tuple(n for n in open_shelf("measures").names() if open_shelf("measures").load(n).needs == "confidences")
    measures = [measure for measure in load_measures(names) if measure.vanishes]
    means = np.empty((len(measures), len(SIZES)))
    for s, n in enumerate(SIZES):
        predictions = WORLD.draw(n, open_stream(0, "bias", n))
        draws = draw_calibrated(predictions, lay_grid(predictions), replicates, open_stream(1, "bias", n))
        means[:, s] = [np.nanmean(measure.of_cells(draws)) for measure in measures]
    for measure, mean in zip(measures, means, strict=True):
        exponent = -np.polyfit(np.log(SIZES), np.log(mean), 1)[0]
        told = " | ".join(f"{value:.2g}" for value in mean)
        print(f"| {measure.name} | {told} | {exponent:.2f} | {measure.bias_exponent:.2f} |", flush=True)


def main() -> None:
    """Both tables."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--simulations", type=int, default=200)
    parser.add_argument("--replicates", type=int, default=400)
    options = parser.parse_args()
    measure_bias(options.replicates)
    for n in COUNTS:
        for error in ERRORS:
            began = time.process_time()
            simulate_coverage(error, n, options.simulations, options.replicates)
            print(f"<!-- {options.simulations} simulations: {time.process_time() - began:.0f} CPU-s -->", flush=True)


if __name__ == "__main__":
    main()
