"""Measures with what they are worth: bias taken off, an interval that was seen to cover, and the null beside them.

- Null: what a perfectly calibrated model of the same confidences would score (consistency resampling).
- A measure that vanishes under calibration: the interval inverts a test (lab/calibration/inversion.py).
- Scores, grouped or weighted predictions, contrasts and means over seeds: basic (pivotal) bootstrap (Davison and
  Hinkley 1997, section 5.2) with the bias taken off. Percentiles are never used: they double the bias, and at a true
  ECE of 0.026 and n = 1000 never hold the truth.

What covers how well stands in docs/calibration/intervals.md. Shape suffixes: N predictions, S seeds, R replicates.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from lab.calibration.cells import Cells, Floats, Grid, Indices, lay_grid
from lab.calibration.draws import draw_bootstrap, draw_calibrated, draw_counts, draw_together, pair_outcomes
from lab.calibration.inversion import VAST, Path, invert_test
from lab.calibration.measure import CellMeasure, Measure
from lab.calibration.predictions import Predictions
from lab.core.errors import InputError
from lab.core.estimate import Estimate
from lab.core.seeds import open_stream

REPLICATES = 1000
ROW_REPLICATES = 200  # of measures that are computed from rows again and again
FEWEST_UNITS = 10  # below, a bootstrap of rows or groups knows nothing of its spread
LEVEL = 0.95


@dataclass(frozen=True)
class Null:
    """Of a perfectly calibrated model with these confidences: `expected` with its central 90 % band, `p_value`.

    `p_value`: the share of calibrated models, this one counted, that score at least as much.
    """

    expected: Estimate
    p_value: float

    @property
    def quantile(self) -> float:
        """What a calibrated model exceeds once in twenty."""
        return self.expected.high

    @property
    def indistinguishable(self) -> bool:
        """Whether the value is one that calibrated models often have (p > 0.05)."""
        return self.p_value > 0.05


@dataclass(frozen=True)
class Evaluation:
    """`value`: of the predictions as they are; `estimate`: bias taken off, with its interval; `null` where one is."""

    measure: Measure
    value: float
    estimate: Estimate
    null: Null | None


def evaluate(
    measure: Measure, predictions: Predictions, seed: int = 0, replicates: int = REPLICATES, level: float = LEVEL
) -> Evaluation:
    """One measure with its interval and null; see `evaluate_all`."""
    return evaluate_all([measure], predictions, seed, replicates, level)[0]


def evaluate_all(
    measures: Sequence[Measure],
    predictions: Predictions,
    seed: int = 0,
    replicates: int = REPLICATES,
    level: float = LEVEL,
) -> list[Evaluation]:
    """Several measures of the same resamples, so that their errors may be compared.

    Measures of all classes (no `CellMeasure`) are computed again from the rows of fewer bootstrap samples and have no
    null. Where no interval is sound, `estimate.method` begins with 'no valid interval' and says why.
    """
    sample = _Sample(predictions, open_stream(seed, "calibration", "resampling"), replicates, level)
    return [sample.evaluate(measure) for measure in measures]


def compare(
    measure: Measure,
    first: Predictions,
    second: Predictions,
    seed: int = 0,
    replicates: int = REPLICATES,
    level: float = LEVEL,
) -> Estimate:
    """The measure of `first` minus that of `second` on the same examples: both are resampled together (paired, basic).

    Biases that both share cancel. Raises `InputError` unless rows, groups and weights are the same.
    """
    same = len(first) == len(second) and np.array_equal(first.group_N, second.group_N)
    if not (same and np.array_equal(first.weight_N, second.weight_N)):
        rule = "both models predict the same rows, groups and weights in the same order"
        raise InputError("paired contrast", (len(first), len(second)), rule, "align them by the examples")
    rng = open_stream(seed, "calibration", "paired")
    name, units = f"difference of {measure.name}", first.units
    value = origin = measure.of(first) - measure.of(second)
    if not math.isfinite(value) or units < FEWEST_UNITS:
        reason = f"only {units} units" if math.isfinite(value) else f"the difference is {value} here"
        return _refuse(name, value, reason, level, measure.unit, units)
    if isinstance(measure, CellMeasure):
        grids = [lay_grid(first), lay_grid(second)]
        one, other = (measure.of_cells(c) for c in draw_together([first, second], grids, replicates, rng))
        origin = float(np.subtract(*(measure.of_cells(_enlarge(grid.cells))[0] for grid in grids)))
        replicate_R = one - other
    else:
        samples = list(_draw_rows(first, min(replicates, ROW_REPLICATES), rng))
        replicate_R = np.array([measure.of(first.subset(rows)) - measure.of(second.subset(rows)) for rows in samples])
    return _pivot(Estimate(name, value, level=level, unit=measure.unit, n=units), origin, replicate_R, "paired ")


def pool_seeds(
    measure: CellMeasure,
    by_seed: Sequence[Predictions],
    seed: int = 0,
    replicates: int = REPLICATES,
    level: float = LEVEL,
) -> Estimate:
    """The mean over independent seeds, resampled at both levels: seeds, then documents (or rows) within each.

    A root is taken last: what stands under it is averaged (`Measure.averageable`). No interval from fewer than two
    seeds. Raises `InputError` where there is none.
    """
    if not by_seed:
        raise InputError("seeds", "none", "at least one seed", "run the sweep first")
    exact_S = np.array([float(measure.averageable(Cells.of_rows(predictions))[0]) for predictions in by_seed])
    plain = Estimate(measure.name, float(exact_S.mean()), level=level, unit=measure.unit, n=len(by_seed))
    if len(by_seed) < 2:
        value = float(measure.finish(exact_S)[0])
        return _refuse(measure.name, value, "one seed says nothing of others", level, measure.unit, 1)
    rng = open_stream(seed, "calibration", "seeds")
    origin_S, replicate_SR = np.empty(len(by_seed)), np.empty((len(by_seed), replicates))
    for s, predictions in enumerate(by_seed):
        grid = lay_grid(predictions)
        origin_S[s] = float(measure.averageable(_enlarge(grid.cells))[0])
        replicate_SR[s] = measure.averageable(draw_bootstrap(predictions, grid, replicates, rng))
    counts_RS = draw_counts(len(by_seed), replicates, rng)
    replicate_R = np.einsum("rs,sr->r", counts_RS, replicate_SR) / len(by_seed)
    return _finish(measure, _pivot(plain, float(origin_S.mean()), replicate_R, "hierarchical "))


@dataclass
class _Sample:
    """Predictions with the resamples that all their measures share, each drawn when it is first asked for."""

    predictions: Predictions
    rng: np.random.Generator
    replicates: int
    level: float

    def __post_init__(self) -> None:
        self.units = self.predictions.units
        self.paths: dict[str, Path] = {}

    @cached_property
    def grid(self) -> Grid:
        return lay_grid(self.predictions)

    @cached_property
    def pairs(self) -> Cells:
        return pair_outcomes(self.grid.cells)

    @cached_property
    def bootstrapped(self) -> Cells:
        return draw_bootstrap(self.predictions, self.grid, self.replicates, self.rng)

    @cached_property
    def calibrated(self) -> Cells:
        return draw_calibrated(self.predictions, self.grid, self.replicates, self.rng)

    def evaluate(self, measure: Measure) -> Evaluation:
        value = measure.of(self.predictions)
        null = self.find_null(measure, value) if isinstance(measure, CellMeasure) else None
        if reason := self.object_to(measure, value, null):
            estimate = _refuse(measure.name, value, reason, self.level, measure.unit, self.units)
        elif not isinstance(measure, CellMeasure):
            estimate = self.bootstrap_rows(measure, value)
        elif measure.vanishes and self.predictions.is_plain:
            estimate = invert_test(measure, value, self.find_path(measure), self.units, self.level)
        else:
            estimate = self.bootstrap(measure)
        return Evaluation(measure, value, estimate, null)

    def object_to(self, measure: Measure, value: float, null: Null | None) -> str:
        """Why no interval would be sound, '' where one is."""
        if not math.isfinite(value):
            return f"the measure is {value} here"
        if self.units < FEWEST_UNITS:
            return f"{self.units} units are too few to resample"
        if measure.interval == "none":
            return "none was seen to cover for this measure"
        if not measure.vanishes or self.predictions.is_plain:
            return ""
        if measure.interval == "ungrouped":
            return "for this measure none was seen to cover where rows are grouped or weighted"
        near = null is not None and null.indistinguishable
        return "indistinguishable from calibrated, where the bootstrap of groups misses" if near else ""

    def find_null(self, measure: CellMeasure, value: float) -> Null:
        scored_R = measure.of_cells(self.calibrated)
        scored_R = scored_R[~np.isnan(scored_R)]
        if not len(scored_R) or math.isnan(value):
            method = "no calibrated model of these confidences has a value"
            return Null(Estimate(measure.name, math.nan, method=method, n=self.units), math.nan)
        low, high = (float(end) for end in np.quantile(scored_R, [0.05, 0.95]))
        method = f"{len(scored_R):,} calibrated models of the same confidences"
        mean = float(scored_R.mean())
        expected = Estimate(measure.name, mean, low, high, 0.9, measure.unit, method, self.units)
        return Null(expected, float((1 + np.sum(scored_R >= value)) / (1 + len(scored_R))))

    def find_path(self, measure: CellMeasure) -> Path:
        shape = measure.recalibrate.__qualname__
        if shape not in self.paths:
            chance_G, draws = measure.recalibrate(self.pairs)[0], max(self.replicates // 4, 1)
            self.paths[shape] = Path(self.pairs, chance_G, self.units, draws, self.rng)
        return self.paths[shape]

    def bootstrap(self, measure: CellMeasure) -> Estimate:
        """Basic, on the scale that is averaged."""
        exact = float(measure.averageable(Cells.of_rows(self.predictions))[0])
        origin = float(measure.averageable(_enlarge(self.grid.cells))[0])
        plain = Estimate(measure.name, exact, level=self.level, unit=measure.unit, n=self.units)
        return _finish(measure, _pivot(plain, origin, measure.averageable(self.bootstrapped)))

    def bootstrap_rows(self, measure: Measure, value: float) -> Estimate:
        draws = _draw_rows(self.predictions, min(self.replicates, ROW_REPLICATES), self.rng)
        replicate_R = np.array([measure.of(self.predictions.subset(rows)) for rows in draws])
        plain = Estimate(measure.name, value, level=self.level, unit=measure.unit, n=self.units)
        estimate = _pivot(plain, value, replicate_R)
        return _clip(estimate) if measure.vanishes else estimate


def _draw_rows(predictions: Predictions, replicates: int, rng: np.random.Generator) -> Iterator[Indices]:
    """Indices of the rows of bootstrap samples of units."""
    unit_N = np.unique(predictions.group_N, return_inverse=True)[1]
    order_N, sizes_U = np.argsort(unit_N, kind="stable"), np.bincount(unit_N)
    rows_U = np.split(order_N, np.cumsum(sizes_U)[:-1])
    for _ in range(replicates):
        yield np.concatenate([rows_U[unit] for unit in rng.integers(0, len(sizes_U), len(sizes_U))])


def _pivot(plain: Estimate, origin: float, replicate_R: Floats, kind: str = "") -> Estimate:
    """The basic interval of `plain`: what replicates are off their origin, taken off the value; so is their mean.

    `origin`: the measure of the population that replicates are drawn from, which noise does not enter: a debiased
    measure takes the noise of one draw off, and of a resample the noise of the other is left.
    """
    known_R = replicate_R[np.isfinite(replicate_R)]
    if len(known_R) < 0.99 * len(replicate_R):
        rare = len(replicate_R) - len(known_R)
        reason = f"{rare} of {len(replicate_R)} resamples have no finite value"
        return _refuse(plain.name, plain.value, reason, plain.level, plain.unit, plain.n)
    low, high = np.quantile(known_R, [(1 - plain.level) / 2, (1 + plain.level) / 2]) - origin
    value, method = plain.value, f"{kind}basic bootstrap of {plain.n:,} units, {len(replicate_R):,} replicates"
    bias = float(known_R.mean()) - origin
    return replace(plain, value=value - bias, low=value - float(high), high=value - float(low), method=method)


def _enlarge(cells: Cells) -> Cells:
    return cells.reweigh(VAST * cells.weight_RC)


def _finish(measure: CellMeasure, averaged: Estimate) -> Estimate:
    ends = measure.finish(np.array([averaged.value, averaged.low, averaged.high]))
    finished = replace(averaged, value=float(ends[0]), low=float(ends[1]), high=float(ends[2]))
    return _clip(finished) if measure.vanishes else finished


def _clip(estimate: Estimate) -> Estimate:
    """No error is below 0."""
    value, low, high = (max(end, 0.0) for end in (estimate.value, estimate.low, estimate.high))
    return replace(estimate, value=value, low=low, high=high) if estimate.has_interval else estimate


def _refuse(name: str, value: float, reason: str, level: float, unit: str, n: int) -> Estimate:
    return Estimate(name, value, level=level, unit=unit, method=f"no valid interval: {reason}", n=n)
