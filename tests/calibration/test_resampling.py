"""Intervals, nulls, contrasts: what they say where the truth is known."""

from __future__ import annotations

import math

import numpy as np
import pytest

from lab.calibration.cells import Cells, lay_grid
from lab.calibration.draws import draw_bootstrap, draw_calibrated
from lab.calibration.measure import CellMeasure
from lab.calibration.predictions import Predictions
from lab.calibration.resampling import compare, evaluate, evaluate_all, pool_seeds
from lab.calibration.simulated import World
from lab.core.errors import InputError
from lab.core.registry import open_shelf

SHARP = World(5, 1)


def load_measure(name: str) -> CellMeasure:
    measure: CellMeasure = open_shelf("measures").load(name)
    return measure


def draw(error: float, n: int, seed: int) -> Predictions:
    return SHARP.reach(error).draw(n, np.random.default_rng(seed))


@pytest.mark.parametrize("name", ["ece_equal_width", "brier", "log_loss", "miscalibration", "smooth_ece"])
def test_gridded_replicates_are_those_of_rows(name: str) -> None:
    """Mean and spread of 400 gridded samples against 400 samples of the rows themselves."""
    measure, p, rng = load_measure(name), draw(0.05, 9000, 0), np.random.default_rng(1)
    grid = lay_grid(p, uniform=960, equal_mass=512)
    gridded = measure.of_cells(draw_bootstrap(p, grid, 400, rng))
    rows = np.array([measure.of(p.subset(rng.integers(0, len(p), len(p)))) for _ in range(400)])
    assert gridded.mean() == pytest.approx(rows.mean(), abs=4 * rows.std() / math.sqrt(200))
    assert gridded.std() == pytest.approx(rows.std(), rel=0.2)


def test_the_grid_gives_each_category_its_own_means() -> None:
    p = draw(0.05, 9000, 0)
    grid = lay_grid(p, uniform=60, equal_mass=30)
    cells = grid.cells
    assert cells.cells < 91 and cells.total_R[0] == 9000
    assert cells.average(cells.brier_C)[0] == pytest.approx(load_measure("brier").of(p), abs=1e-12)
    assert cells.average(cells.log_score_C)[0] == pytest.approx(load_measure("log_loss").of(p), abs=1e-12)
    assert cells.average(cells.confidence_C)[0] == pytest.approx(p.confidence_N.mean(), abs=1e-12)
    assert np.all(np.diff(cells.confidence_C[cells.outcome_C == 1]) > 0)


def test_confidences_of_one_and_zero_have_a_cell() -> None:
    p = Predictions.of_confidences(np.repeat([0.0, 0.5, 1.0], 2000), np.tile([0, 1], 3000))
    cells = lay_grid(p, uniform=15, equal_mass=15).cells
    assert cells.total_R[0] == 6000 and set(cells.confidence_C) == {0.0, 0.5, 1.0}


def test_calibrated_outcomes_have_the_confidence_for_their_mean() -> None:
    p = draw(0.08, 3000, 0)
    drawn = draw_calibrated(p, lay_grid(p), 500, np.random.default_rng(0))
    assert np.all(drawn.total_R == 3000)
    assert np.abs(drawn.average(drawn.residual_C)).mean() < 0.01
    assert drawn.average(drawn.residual_C).mean() == pytest.approx(0, abs=0.001)


def test_weights_are_drawn_with_their_rows() -> None:
    """A weighted row is one unit: heavier rows make the spread wider."""
    rng = np.random.default_rng(3)
    p = draw(0.05, 2000, 0)
    weight = np.where(rng.random(2000) < 0.1, 20.5, 1.5)
    heavy = Predictions.of_confidences(p.confidence_N, p.outcome_N, weight)
    even, uneven = evaluate(load_measure("brier"), p).estimate, evaluate(load_measure("brier"), heavy).estimate
    assert uneven.high - uneven.low > 1.5 * (even.high - even.low)
    null = evaluate(load_measure("ece_equal_width"), heavy, replicates=100).null
    assert null is not None and null.expected.value > evaluate(load_measure("ece_equal_width"), p).null.expected.value  # type: ignore[union-attr]


def test_a_document_is_drawn_whole() -> None:
    p = draw(0.05, 200, 0)
    repeated = np.tile(np.arange(200), 10)
    grouped = Predictions.of_confidences(p.confidence_N[repeated], p.outcome_N[repeated], group=repeated)
    alone, together = evaluate(load_measure("brier"), p).estimate, evaluate(load_measure("brier"), grouped).estimate
    assert together.n == 200 and together.value == pytest.approx(alone.value, abs=0.005)
    assert together.high - together.low == pytest.approx(alone.high - alone.low, rel=0.2)


def test_a_calibrated_model_is_not_told_from_one() -> None:
    measures = [load_measure(name) for name in ("ece_equal_width", "smooth_ece", "miscalibration")]
    for result in evaluate_all(measures, draw(0, 1000, 7), replicates=400):
        assert result.null is not None and result.null.indistinguishable
        assert result.estimate.low == 0 and result.estimate.high < 0.06
        assert result.value > result.estimate.value  # its bias


def test_a_miscalibrated_model_is_told_and_held() -> None:
    world, names = SHARP.reach(0.079), ("ece_equal_width", "smooth_ece", "miscalibration", "calibration_loss", "brier")
    measures = [load_measure(name) for name in names]
    for result in evaluate_all(measures, world.draw(2000, np.random.default_rng(1)), replicates=200):
        assert result.estimate.contains(world.measure_truth(result.measure)), result  # type: ignore[arg-type]
        assert (
            result.estimate.n == 2000 and ("samples" if result.measure.vanishes else "boot") in result.estimate.method
        )
        if result.measure.vanishes:
            assert result.null is not None and not result.null.indistinguishable and result.null.p_value < 0.01


def test_where_nothing_is_sound_it_says_so() -> None:
    cases = [
        (evaluate(load_measure("spiegelhalter"), draw(0.05, 500, 0)).estimate, "seen to cover"),
        (evaluate(load_measure("brier"), draw(0.05, 5, 0)).estimate, "5 units"),
        (evaluate(load_measure("log_loss"), Predictions.of_confidences([1.0] * 20, [0] * 20)).estimate, "inf"),
    ]
    p = draw(0.05, 400, 0)
    grouped = Predictions.of_confidences(p.confidence_N, p.outcome_N, group=np.arange(400) // 4)
    cases.append((evaluate(load_measure("smooth_ece"), grouped).estimate, "grouped"))
    for estimate, words in cases:
        assert (
            not estimate.has_interval and estimate.method.startswith("no valid interval") and words in estimate.method
        )


def test_a_rare_infinite_resample_is_no_interval() -> None:
    p = Predictions.of_confidences([*[0.5] * 99, 1.0], [0, 1] * 50)
    q = Predictions.of_confidences([*[0.5] * 99, 0.0], [0, 1] * 50)  # one wrong certainty
    assert evaluate(load_measure("log_loss"), p).estimate.has_interval
    assert math.isinf(evaluate(load_measure("log_loss"), q).value)


def test_resampling_is_deterministic() -> None:
    p = draw(0.05, 500, 0)
    first, again = (evaluate(load_measure("ece_equal_mass"), p, seed=4, replicates=200) for _ in range(2))
    assert first.estimate == again.estimate and first.null == again.null
    assert evaluate(load_measure("ece_equal_mass"), p, seed=5, replicates=200).estimate != first.estimate


def test_a_paired_contrast_is_narrower_than_two_intervals() -> None:
    p = draw(0.05, 3000, 0)
    worse = Predictions.of_confidences(np.clip(p.confidence_N + 0.05 * (1 - p.confidence_N), 0, 1), p.outcome_N)
    brier = load_measure("brier")
    contrast = compare(brier, worse, p, replicates=300)
    assert contrast.value == pytest.approx(brier.of(worse) - brier.of(p), abs=1e-3)
    apart = evaluate(brier, p).estimate
    assert contrast.high - contrast.low < (apart.high - apart.low) / 2
    assert compare(brier, p, p).high == pytest.approx(0, abs=1e-12)
    with pytest.raises(InputError, match="same rows"):
        compare(brier, p, p.subset(np.arange(10)))


def test_measures_of_classes_are_resampled_by_rows() -> None:
    rng = np.random.default_rng(0)
    probabilities = rng.dirichlet(np.ones(4), 300)
    label = np.array([rng.choice(4, p=row) for row in probabilities])
    p = Predictions.of_probabilities(probabilities, label)
    likelihood = open_shelf("measures").load("negative_log_likelihood")
    result = evaluate(likelihood, p)
    assert result.null is None and result.estimate.contains(result.value) and "200 replicates" in result.estimate.method
    assert compare(likelihood, p, p).value == 0


def test_seeds_are_the_units_of_a_pooled_value() -> None:
    by_seed = [draw(error, 2000, seed) for seed, error in enumerate([0.03, 0.05, 0.07, 0.09])]
    brier = load_measure("brier")
    pooled = pool_seeds(brier, by_seed, replicates=300)
    one = evaluate(brier, by_seed[0]).estimate
    assert pooled.n == 4 and pooled.contains(float(np.mean([brier.of(p) for p in by_seed])))
    alike = pool_seeds(brier, [by_seed[0]] * 4, replicates=300)
    assert alike.high - alike.low < one.high - one.low < 2 * (pooled.high - pooled.low)
    assert pool_seeds(brier, by_seed[:1]).method.startswith("no valid interval")
    root = pool_seeds(load_measure("debiased_l2"), by_seed, replicates=300)
    squares = [float(load_measure("debiased_l2").averageable(Cells.of_rows(p))[0]) for p in by_seed]
    assert root.value == pytest.approx(math.sqrt(np.mean(squares)), abs=0.01)
    with pytest.raises(InputError, match="at least one seed"):
        pool_seeds(brier, [])


def test_counts_are_predictions() -> None:
    """A row of weight 3 is three rows, in value, interval and null."""
    rng = np.random.default_rng(0)
    f = rng.choice([0.2, 0.5, 0.7, 0.9], 400)
    y = rng.random(400) < f
    listed = Predictions.of_confidences(f, y)
    cells, count = np.unique(np.stack([f, y]), axis=1, return_counts=True)
    counted = Predictions.of_confidences(cells[0], cells[1], count)
    for name in ("ece_equal_width", "brier", "miscalibration"):
        one, other = (evaluate(load_measure(name), p, replicates=200) for p in (listed, counted))
        for a, b in ((one.estimate, other.estimate), (one.null.expected, other.null.expected)):  # type: ignore[union-attr]
            assert (a.value, a.low, a.high) == pytest.approx((b.value, b.low, b.high), abs=1e-12) and b.n == 400
