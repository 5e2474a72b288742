"""What is to be known of somebody's predictions: every measure, whom to answer, sets of classes, and what recalibration
would mend, fitted on other rows than it is reported on.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from lab.analysis.calibration.reading import ReadPredictions
from lab.calibration.cells import Floats, lay_grid
from lab.calibration.conformal import Conformal, Method, split_conformal
from lab.calibration.draws import draw_bootstrap
from lab.calibration.measure import Measure
from lab.calibration.predictions import Predictions
from lab.calibration.recalibration import FOLDS, Recalibrated, cross_fit, fit_apart
from lab.calibration.recalibrator import Recalibrator
from lab.calibration.resampling import FEWEST_UNITS, Evaluation, compare, evaluate_all
from lab.calibration.selection import RiskCoverage, find_coverages, find_risks, measure_failure_auroc
from lab.calibration.temperature import estimate_temperature
from lab.core.errors import RefusedError
from lab.core.estimate import Estimate
from lab.core.registry import open_shelf
from lab.core.seeds import open_stream

REPLICATES = 1000
CONTRASTED = ("brier", "log_loss", "ece_equal_width", "smooth_ece", "miscalibration", "aurc")
COVERAGES = np.linspace(0.02, 1.0, 50)
METHODS: tuple[Method, ...] = ("thr", "aps", "raps")
ALPHAS = (0.02, 0.05, 0.1, 0.2, 0.3)


@dataclass(frozen=True, eq=False)
class Selective:
    """`estimates`: AUROC of failure, risk at coverages, coverage at risks; `curve`: coverage, risk, low, high."""

    estimates: tuple[Estimate, ...]
    curve: pd.DataFrame


@dataclass(frozen=True, eq=False)
class Recalibration:
    """One recalibrator: `after` measures of the moved predictions; `contrasts`: before minus after, paired."""

    name: str
    done: Recalibrated
    after: tuple[Evaluation, ...]
    contrasts: tuple[Estimate, ...]


@dataclass(frozen=True, eq=False)
class Assessment:
    """What was found of the predictions of `read`; `no_sets`: why there are no conformal sets, '' where there are."""

    read: ReadPredictions
    evaluations: tuple[Evaluation, ...]
    temperature: Estimate
    selective: Selective
    sets: tuple[Conformal, ...]
    no_sets: str
    recalibrations: tuple[Recalibration, ...]

    def find(self, measure: str) -> Evaluation:
        """The evaluation of the measure of this name."""
        return next(one for one in self.evaluations if one.measure.name == measure)


def assess_predictions(
    read: ReadPredictions,
    recalibrators: Sequence[str] = (),
    fitted_on: Predictions | None = None,
    replicates: int = REPLICATES,
    folds: int = FOLDS,
    alphas: Sequence[float] = ALPHAS,
    seed: int = 0,
    measures: Sequence[Measure] | None = None,
) -> Assessment:
    """`measures`, or all that these predictions bear, with interval and null; selection; sets; recalibration by name.

    A recalibrator is fitted to `fitted_on`, or by `folds` of whole groups. Raises `RefusedError` for one that may not
    be reported, `InputError` for one that these predictions cannot feed, and `UnknownNameError`.
    """
    predictions = read.predictions
    chosen = list_measures(predictions) if measures is None else measures
    found = [recalibrate(name, read, fitted_on, replicates, folds, seed) for name in recalibrators]
    sets, no_sets = _make_sets(predictions, alphas, seed)
    return Assessment(
        read,
        tuple(evaluate_all(chosen, predictions, seed, replicates)),
        estimate_temperature(predictions),
        estimate_selective(predictions, replicates=replicates, seed=seed),
        sets,
        no_sets,
        tuple(found),
    )


def list_measures(predictions: Predictions) -> list[Measure]:
    """The measures of the shelf that these predictions have the numbers for."""
    shelf = open_shelf("measures")
    every: list[Measure] = [shelf.load(name) for name in shelf.names()]
    return [one for one in every if one.needs == "confidences" or predictions.probabilities_NK is not None]


def recalibrate(
    name: str,
    read: ReadPredictions,
    fitted_on: Predictions | None = None,
    replicates: int = REPLICATES,
    folds: int = FOLDS,
    seed: int = 0,
) -> Recalibration:
    """One recalibrator of the shelf, fitted on other rows: the measures after it, and their paired change."""
    recalibrator: Recalibrator = open_shelf("recalibrators").load(name)
    before = read.predictions
    if fitted_on is None:
        done = cross_fit(recalibrator, before, folds, seed)
    else:
        done = fit_apart(recalibrator, fitted_on, before)
    measures = [one for one in list_measures(done.after) if one.name in CONTRASTED]
    after = tuple(evaluate_all(measures, done.after, seed, replicates))
    contrasts = tuple(compare(one, done.before, done.after, seed, replicates) for one in measures)
    return Recalibration(name, done, after, contrasts)


def estimate_selective(
    predictions: Predictions,
    coverages: Sequence[float] = (0.5, 0.8, 0.9),
    risks: Sequence[float] = (0.01, 0.05, 0.1),
    replicates: int = REPLICATES,
    level: float = 0.95,
    seed: int = 0,
) -> Selective:
    """The risk-coverage curve and its readings, with basic bootstrap intervals over rows or whole groups.

    The values are exact from every row; the intervals are of the gridded rows, where order within a cell is lost.
    """
    units = len(np.unique(predictions.group_N))
    grid = lay_grid(predictions)
    exact, gridded = RiskCoverage.of(predictions), RiskCoverage.of_cells(grid.cells)
    rng = open_stream(seed, "calibration", "selective")
    drawn = RiskCoverage.of_cells(draw_bootstrap(predictions, grid, min(replicates, 400), rng))

    def read_all(curve: RiskCoverage) -> Floats:
        parts = measure_failure_auroc(curve)[:, None], find_risks(curve, np.array(coverages))
        return np.concatenate([*parts, find_coverages(curve, np.array(risks)), find_risks(curve, COVERAGES)], axis=1)

    value, base, drawn_R = read_all(exact)[0], read_all(gridded)[0], read_all(drawn)
    tails = np.nanquantile(drawn_R, [(1 + level) / 2, (1 - level) / 2], axis=0) if not np.isnan(value[0]) else None
    if tails is None:  # the AUROC of answers that are all right, or all wrong, is nowhere
        tails = np.quantile(drawn_R[:, 1:], [(1 + level) / 2, (1 - level) / 2], axis=0)
        tails = np.concatenate([np.full((2, 1), np.nan), tails], axis=1)
    low, high = np.clip(value - (tails - base), 0.0, 1.0)
    named = [
        "failure_auroc",
        *(f"risk_at_coverage_{coverage:g}" for coverage in coverages),
        *(f"coverage_at_risk_{risk:g}" for risk in risks),
    ]
    method = f"basic bootstrap of {units:,} units, {len(drawn_R)} replicates"
    if units < FEWEST_UNITS:
        low, high, method = np.full(len(value), math.nan), np.full(len(value), math.nan), f"{units} units are too few"
    estimates = tuple(
        Estimate(name, float(value[k]), float(low[k]), float(high[k]), level, "", method, units)
        for k, name in enumerate(named)
    )
    rest = slice(len(named), None)
    curve = pd.DataFrame({"coverage": COVERAGES, "selective_risk": value[rest], "low": low[rest], "high": high[rest]})
    return Selective(estimates, curve)


def _make_sets(predictions: Predictions, alphas: Sequence[float], seed: int) -> tuple[tuple[Conformal, ...], str]:
    """Sets by every method at every α that the rows suffice for; none, and why, where they are not exchangeable."""
    if predictions.probabilities_NK is None:
        return (), "conformal sets need the probabilities of all classes"
    found, reason = [], ""
    for method in METHODS:
        for alpha in alphas:
            try:
                found.append(split_conformal(predictions, alpha, method, seed=seed))
            except RefusedError as refused:
                reason = str(refused)
    return tuple(found), "" if found else reason
