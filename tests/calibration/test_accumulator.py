"""The confidence accumulator: merged shards are the whole, and no confidence is dropped."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from lab.calibration.accumulator import ConfidenceAccumulator

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
