"""The confidence accumulator: merged shards are the whole, and no confidence is dropped."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.calibration.accumulator import ConfidenceAccumulator
from lab.calibration.resampling import evaluate
from lab.calibration.simulated import World
from lab.core.errors import InputError
from lab.core.registry import open_shelf

predictions = st.lists(st.tuples(st.floats(0, 1), st.booleans(), st.integers(0, 2)), min_size=1, max_size=200).map(
    lambda rows: tuple(np.array(column) for column in zip(*rows, strict=True))
)


def accumulate(confidence: np.ndarray, correct: np.ndarray, document: np.ndarray) -> ConfidenceAccumulator:
    accumulator = ConfidenceAccumulator(3)
    accumulator.update(confidence, correct, document)
    return accumulator


@given(predictions, st.integers(0, 200))
def test_merged_shards_are_the_whole(rows: tuple[np.ndarray, ...], cut: int) -> None:
    whole = accumulate(*rows)
    merged = accumulate(*(column[:cut] for column in rows))
    merged.merge(accumulate(*(column[cut:] for column in rows)))
    np.testing.assert_array_equal(merged.counts, whole.counts)
    np.testing.assert_array_equal(merged.correct_counts, whole.correct_counts)
    np.testing.assert_allclose(merged.confidence_sums, whole.confidence_sums, rtol=1e-12)
    assert whole.counts.sum() == 2 * len(rows[0])


def test_certain_predictions_are_counted() -> None:
    accumulator = accumulate(np.array([0.0, 1.0, 1.0]), np.array([False, True, True]), np.array([0, 0, 0]))
    assert accumulator.counts[0, 0, [0, -1]].tolist() == [1, 2]
    assert accumulator.counts[1, 0, [0, -1]].tolist() == [1, 2]
    assert accumulator.summarize() == {"ece_top1": 0.0, "accuracy_top1": 2 / 3, "confidence_top1": 2 / 3}


def test_error_in_closed_form() -> None:
    # Half the predictions say 0.9 and half of those are right, the others say 0.5 and half are right: ECE 0.2.
    confidence = np.repeat([0.905, 0.505], 100)
    correct = np.tile([True, False], 100)
    summary = accumulate(confidence, correct, np.zeros(200, dtype=int)).summarize()
    assert np.isclose(summary["ece_top1"], (0.405 + 0.005) / 2)


def test_nothing_seen_is_not_zero() -> None:
    assert all(np.isnan(value) for value in ConfidenceAccumulator(1).summarize().values())


def test_cells_are_predictions_by_document() -> None:
    """Of a known world, measures of the cells are near those of the rows, and nothing is lost at 0 and 1."""
    p = World(5, 1).reach(0.05).draw(20_000, np.random.default_rng(0))
    accumulator = ConfidenceAccumulator(10)
    accumulator.update(p.confidence_N, p.outcome_N, np.arange(20_000) // 2000)
    accumulator.update(np.array([0.0, 1.0]), np.array([1, 0]), np.array([3, 9]))
    for grid in ("uniform", "logit"):
        read = accumulator.predictions(grid)  # type: ignore[arg-type]
        assert read.weight_N.sum() == 20_002 and set(read.group_N) == set(range(10))
        for name, error in (("brier", 2e-4), ("miscalibration", 5e-4), ("smooth_ece", 1e-3), ("aurc", 2e-3)):
            measure = open_shelf("measures").load(name)
            assert measure.of(read) == pytest.approx(measure.of(p), abs=error)
    result = evaluate(open_shelf("measures").load("ece_equal_width"), accumulator.predictions(), replicates=200)
    assert result.estimate.n == 10 and "basic bootstrap" in result.estimate.method
    assert result.null is not None and result.null.expected.value < 0.01
    with pytest.raises(InputError, match="at least one was seen"):
        ConfidenceAccumulator(2).predictions()
