"""Measures against plain loops, against published figures, and against what is true of them."""

from __future__ import annotations

import csv
import math
from dataclasses import replace

import numpy as np
import pytest

from lab.calibration.cells import Cells
from lab.calibration.corp import Decomposition, Score, fit_isotonic
from lab.calibration.measures.calibration_loss import CalibrationLoss
from lab.calibration.measures.ece_equal_mass import EqualMassError
from lab.calibration.measures.ece_equal_width import EqualWidthError
from lab.calibration.measures.ece_sweep import SweepError
from lab.calibration.measures.log_loss import LogLoss
from lab.calibration.measures.mce import MaximumError
from lab.calibration.measures.miscalibration import Miscalibration
from lab.calibration.measures.refinement_loss import RefinementLoss
from lab.calibration.measures.smooth_ece import SmoothError
from lab.calibration.predictions import Predictions
from lab.calibration.smoothing import find_bandwidths, smooth_at, spread_residuals
from lab.core.registry import open_shelf
from tests.calibration.plain import fit_rising, measure_binned_error, measure_smooth_error, measure_sorted_error
from tests.truth import find_truth

GOLDEN = {  # column of the table → measure
    "ece15": EqualWidthError(),
    "ece15_em": EqualMassError(),
    "rms15_debiased": open_shelf("measures").load("debiased_l2"),
    "mce15": MaximumError(),
    "sweep": SweepError(),
    "smece_fast": SmoothError(rounding=2**-10),  # whose σ* is where ten bisections stopped
    "brier": open_shelf("measures").load("brier"),
    "mcb": Miscalibration(),
    "dsc": open_shelf("measures").load("discrimination"),
    "unc": open_shelf("measures").load("uncertainty"),
}


def draw_predictions(n: int, seed: int, power: float = 1.5) -> Predictions:
    rng = np.random.default_rng(seed)
    f = rng.beta(2, 1, n)
    return Predictions.of_confidences(f, rng.random(n) < f**power)


@pytest.mark.parametrize("seed", range(5))
def test_bins_are_those_of_plain_loops(seed: int) -> None:
    p = draw_predictions(47, seed)
    f, y = p.confidence_N.tolist(), p.outcome_N.tolist()
    assert EqualWidthError(10).of(p) == pytest.approx(measure_binned_error(f, y, 10), abs=1e-14)
    assert EqualMassError(10).of(p) == pytest.approx(measure_sorted_error(f, y, 10), abs=1e-14)


@pytest.mark.parametrize("seed", range(3))
def test_smoothing_is_that_of_every_image(seed: int) -> None:
    p = draw_predictions(40, seed, power=3)
    edge = Predictions.of_confidences([*p.confidence_N, 0, 1, 1], [*p.outcome_N, 1, 1, 0])
    waves = spread_residuals(Cells.of_rows(edge))
    for bandwidth in (0.05, 0.2, 0.7):
        plain = measure_smooth_error(edge.confidence_N.tolist(), edge.outcome_N.tolist(), bandwidth)
        assert smooth_at(waves, np.array([bandwidth]))[0] == pytest.approx(plain, rel=2e-5)
    found = find_bandwidths(waves)
    assert smooth_at(waves, found) == pytest.approx(found, abs=1e-12)


def test_a_mass_at_the_edge_counts_whole() -> None:
    """Half f = 1, y = 1, half f = .5, y = 0: one sign, so that every bandwidth gives 1/4."""
    p = Predictions.of_confidences([1, 0.5], [1, 0])
    assert SmoothError().of(p) == pytest.approx(0.25, abs=1e-12)
    waves = spread_residuals(Cells.of_rows(p))
    assert smooth_at(waves, np.array([0.003]))[0] == pytest.approx(0.25, abs=1e-12)


def test_smooth_error_lies_between_the_gap_of_means_and_the_expected_gap() -> None:
    """10⁴ populations of atoms with known conditional means η: |E(f − y)| ≤ smECE ≤ E|f − η|."""
    rng = np.random.default_rng(0)
    for _ in range(10):
        f = np.concatenate([[0, 1], rng.random(14)])
        mass = rng.dirichlet(np.full(16, 0.4), 1000)
        truth = np.clip(f + rng.normal(0, 0.3, (1000, 1)) * rng.random((1000, 16)) ** 2, 0, 1)
        cells = Cells(np.tile(f, 2), np.repeat([0.0, 1.0], 16), np.hstack([mass * (1 - truth), mass * truth]))
        smooth = SmoothError(nodes=512).of_cells(cells)
        assert np.all(smooth >= np.abs((mass * (f - truth)).sum(axis=1)) - 1e-9)
        assert np.all(smooth <= (mass * np.abs(f - truth)).sum(axis=1) + 1e-9)


@pytest.mark.parametrize("seed", range(3))
def test_isotonic_regression_is_its_formula(seed: int) -> None:
    rng = np.random.default_rng(seed)
    f, y = rng.integers(0, 12, 30) / 11, rng.integers(0, 2, 30).astype(float)
    fitted = fit_isotonic(Cells.of_rows(Predictions.of_confidences(f, y)))[0]
    assert fitted[np.unique(f, return_inverse=True)[1]] == pytest.approx(fit_rising(f.tolist(), y.tolist()))


@pytest.mark.parametrize("score", ["brier", "log"])
def test_a_mean_score_is_the_sum_of_its_parts(score: Score) -> None:
    parts = Decomposition(Cells.of_rows(draw_predictions(500, 0)), score)
    total = parts.miscalibration_R - parts.discrimination_R + parts.uncertainty_R
    assert total == pytest.approx(parts.mean_score_R, abs=1e-14)
    assert parts.miscalibration_R[0] > 0 and parts.discrimination_R[0] > 0


def test_a_wrong_certainty_has_no_finite_log_score() -> None:
    p = Predictions.of_confidences([1, 0.5, 0.5], [0, 1, 0])
    assert LogLoss().of(p) == math.inf and Miscalibration("log").of(p) == math.inf
    assert math.isfinite(RefinementLoss().of(p)) and math.isfinite(Miscalibration().of(p))


def test_one_temperature_splits_the_log_loss() -> None:
    """Of odds that are one temperature off, what is left is the entropy of the truth."""
    rng = np.random.default_rng(1)
    chance = np.repeat(rng.uniform(0.1, 0.9, 200), 2)
    logit = 2.5 * np.log(chance / (1 - chance))
    f, y = 1 / (1 + np.exp(-logit)), np.tile([0, 1], 200)
    p = Predictions.of_confidences(f, y, np.where(y == 1, chance, 1 - chance))
    entropy = float(np.mean(-chance * np.log(chance) - (1 - chance) * np.log(1 - chance)))
    assert RefinementLoss().of(p) == pytest.approx(entropy, abs=1e-12)
    assert CalibrationLoss().of(p) + RefinementLoss().of(p) == pytest.approx(LogLoss().of(p), abs=1e-12)


def test_the_largest_gap_may_ask_for_company() -> None:
    p = Predictions.of_confidences([0.1, 0.9, 0.9, 0.9], [1, 1, 1, 0])
    assert MaximumError().of(p) == pytest.approx(0.9)
    assert MaximumError(fewest=2).of(p) == pytest.approx(0.9 - 2 / 3)
    assert math.isnan(MaximumError(fewest=5).of(p))


def test_the_sweep_stops_where_the_order_breaks() -> None:
    p = Predictions.of_confidences([0.1, 0.2, 0.3, 0.4, 0.5, 0.6], [0, 0, 1, 0, 1, 1])
    error, bins = SweepError().sweep(Cells.of_rows(p))
    assert bins[0] == 3 and error[0] == pytest.approx((0.3 + 0.3 + 0.9) / 6)


def test_the_golden_table() -> None:
    """Every measure on 14 public classifiers, to the digits of the table."""
    table = list(csv.DictReader(find_truth("calibration/golden_values.csv").read_text().splitlines()))
    for row in table:
        held = np.load(find_truth(f"calibration/confidence/{row['name']}.npz"))
        if "probs" in held:
            probabilities = held["probs"].astype(float)
            top = np.minimum(probabilities.max(axis=1), 1)
            p = Predictions.of_confidences(top, probabilities.argmax(axis=1) == held["labels"])
        else:
            p = Predictions.of_confidences(held["confidence"], held["correct"])
        for column, measure in GOLDEN.items():
            assert measure.of(p) == pytest.approx(float(row[column]), abs=1e-13), (row["name"], column)
    assert len(table) == 14


def test_the_exact_bandwidth_is_near_the_rounded() -> None:
    p = draw_predictions(952, 0, power=1.05)
    exact, rounded = SmoothError().of(p), SmoothError(rounding=2**-10).of(p)
    assert rounded <= exact <= rounded + 2**-10


def test_the_rain_forecasts_of_the_paper() -> None:
    """Dimitriadis et al. 2021: four forecasts of 92 days, both scores, to ten digits."""
    folder = find_truth("calibration/corp_pnas2021")
    days = list(csv.DictReader((folder / "precip_Niamey_2016.csv").read_text().splitlines()))
    outcome = [float(day["obs"]) for day in days]
    for row in csv.DictReader((folder / "corp_precip_decomposition.csv").read_text().splitlines()):
        p = Predictions.of_confidences([float(day[row["forecast"]]) for day in days], outcome)
        for score, prefix in (("brier", ""), ("log", "log_")):
            for part in ("miscalibration", "discrimination", "uncertainty"):
                measure = replace(open_shelf("measures").load(part), score=score)
                assert measure.of(p) == pytest.approx(float(row[prefix + part]), abs=1e-10), (row["forecast"], part)
    assert open_shelf("measures").load("uncertainty").of(p) == pytest.approx(0.244210775, abs=1e-9)
