"""Intervals by inverting a test along the miscalibration that was found: the grid bootstrap (Hansen 1999).

Let π(f) be the recalibrated probability. Were the truth η_λ(f) = f + λ (π(f) − f), what would a measure be of samples
this large, and what is it in truth, θ(λ)? λ = 0 is calibration. The interval at 95 % holds θ(λ) for every λ whose
central 95 % of samples hold the value seen, so that it is sound at 0, where the ordinary bootstrap is not; it takes the
shape of the miscalibration as found and asks only for its size. Hansen 1999, The grid bootstrap and the autoregressive
model, Review of Economics and Statistics 81(4).

Shape suffixes: C categories, G cells, L scales λ, T tails, R replicates.
"""

from __future__ import annotations

import itertools
import math

import numpy as np

from lab.calibration.cells import Cells, Floats
from lab.calibration.draws import expect_outcomes
from lab.calibration.measure import CellMeasure
from lab.core.estimate import Estimate

SCALES = (0.0, 0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0, 3.0)  # λ
LARGEST = 96.0  # λ is doubled up to here where even the last of the scales gives less than was seen
VAST = 1e9  # times the weight: no noise is left


class Path:
    """The truth and the samples of every λ so far; a further one is drawn when a measure asks for it."""

    def __init__(self, pairs: Cells, chance_G: Floats, n: int, replicates: int, rng: np.random.Generator) -> None:
        """n predictions over and over at every λ; `pairs` of both outcomes per cell, `chance_G` the recalibrated."""
        self.pairs, self.n, self.replicates, self.rng = pairs, n, replicates, rng
        self.confidence_G = pairs.confidence_C[: pairs.cells]
        self.shift_G = chance_G - self.confidence_G
        self.steps: list[tuple[float, Cells, Cells]] = []
        for scale in SCALES:
            self.draw(scale)

    def draw(self, scale: float) -> None:
        """Adds one λ."""
        truth = expect_outcomes(self.pairs, np.clip(self.confidence_G + scale * self.shift_G, 0.0, 1.0))
        drawn_RC = self.rng.multinomial(self.n, truth.weight_RC[0] / truth.total_R[0], size=self.replicates)
        sample = truth.reweigh(truth.total_R[0] / self.n * drawn_RC)
        self.steps.append((scale, truth.reweigh(VAST * truth.weight_RC), sample))


def invert_test(measure: CellMeasure, value: float, path: Path, n: int, level: float) -> Estimate:
    """The median-unbiased value and its interval; unbounded above where no λ gives as much as was seen.

    Quantiles and truths that do not rise with λ, by chance or by clipping, are held at the highest so far.
    """
    tails = (1 - level) / 2, 0.5, (1 + level) / 2
    truths: list[float] = []
    rows: list[Floats] = []
    for step in itertools.count():
        if step == len(path.steps):
            if value <= rows[-1][0] or path.steps[-1][0] >= LARGEST:
                break
            path.draw(2 * path.steps[-1][0])
        _, truth, sample = path.steps[step]
        # At λ = 0 the truth is 0, and its computation that of rounding.
        truths.append(float(measure.of_cells(truth)[0]) if step else 0.0)
        rows.append(np.quantile(_drop_nan(measure.of_cells(sample)), tails))
    truth_L, quantile_LT = np.maximum.accumulate(truths), np.maximum.accumulate(rows, axis=0)
    high, middle, low = (float(np.interp(value, quantile_LT[:, tail], truth_L)) for tail in range(3))
    if value > quantile_LT[-1, 0]:
        high = math.inf
    method = f"test inversion, {path.replicates:,} samples at each of {len(truths)} sizes of the miscalibration found"
    return Estimate(measure.name, middle, low, max(high, middle), level, measure.unit, method, n)


def _drop_nan(values: Floats) -> Floats:
    known = values[~np.isnan(values)]
    return known if len(known) else np.zeros(1)
