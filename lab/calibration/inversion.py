"""Intervals by inverting a test along the miscalibration that was found: the grid bootstrap (Hansen 1999).

Let π(f) be the recalibrated probability. Were the truth η_λ(f) = f + λ (π(f) − f), what would a measure be of samples
this large, and what is it in truth, θ(λ)? λ = 0 is calibration. The interval at 95 % holds θ(λ) for every λ whose
central 95 % of samples hold the value seen, so that it is sound at 0, where the ordinary bootstrap is not; it takes the
shape of the miscalibration as found and asks only for its size. Hansen 1999, The grid bootstrap and the autoregressive
model, Review of Economics and Statistics 81(4).

Shape suffixes: G cells, L scales λ, R replicates.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from lab.calibration.cells import Cells, Floats
from lab.calibration.draws import expect_outcomes
from lab.calibration.measure import CellMeasure
from lab.core.estimate import Estimate

SCALES = (0.0, 0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0, 3.0)  # λ
VAST = 1e9  # times the weight: no noise is left


@dataclass(frozen=True, eq=False)
class Path:
    """For every λ the truth and the samples of it."""

    truths: tuple[Cells, ...]
    samples: tuple[Cells, ...]

    @property
    def replicates(self) -> int:
        """Samples at each λ."""
        return len(self.samples[0].weight_RC)


def draw_path(pairs: Cells, chance_G: Floats, n: int, replicates: int, rng: np.random.Generator) -> Path:
    """n predictions over and over at every λ; `pairs` of both outcomes per cell, `chance_G` the recalibrated ones."""
    confidence_G = pairs.confidence_C[: pairs.cells]
    weight = pairs.total_R[0] / n
    truths, samples = [], []
    for scale in SCALES:
        truth = expect_outcomes(pairs, np.clip(confidence_G + scale * (chance_G - confidence_G), 0.0, 1.0))
        drawn_RC = rng.multinomial(n, truth.weight_RC[0] / truth.total_R[0], size=replicates)
        truths.append(truth.reweigh(VAST * truth.weight_RC))
        samples.append(truth.reweigh(weight * drawn_RC))
    return Path(tuple(truths), tuple(samples))


def invert_test(measure: CellMeasure, value: float, path: Path, n: int, level: float) -> Estimate:
    """The median-unbiased value and its interval; unbounded above where even the largest λ gives as much as was seen.

    Quantiles and truths that do not rise with λ, by chance or by clipping, are held at the highest so far.
    """
    # At λ = 0 the truth is 0, and its computation that of rounding.
    truth_L = np.array([0.0, *(float(measure.of_cells(truth)[0]) for truth in path.truths[1:])])
    tails = (1 - level) / 2, 0.5, (1 + level) / 2
    quantiles = np.array([np.quantile(_drop_nan(measure.of_cells(sample)), tails) for sample in path.samples])
    truth_L, quantiles = np.maximum.accumulate(truth_L), np.maximum.accumulate(quantiles, axis=0)
    high, middle, low = (float(np.interp(value, quantiles[:, tail], truth_L)) for tail in range(3))
    if value > quantiles[-1, 0]:
        high = math.inf
    method = f"test inversion, {path.replicates:,} samples at each of {len(SCALES)} sizes of the miscalibration found"
    return Estimate(measure.name, middle, low, max(high, middle), level, measure.unit, method, n)


def _drop_nan(values: Floats) -> Floats:
    known = values[~np.isnan(values)]
    return known if len(known) else np.zeros(1)
