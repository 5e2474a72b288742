"""Token by token, on models that are right about what comes and on models that are too sure."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import log_softmax

from lab.calibration.accumulator import ConfidenceAccumulator
from lab.calibration.language import (
    TokenAccumulator,
    cut_frequencies,
    cut_positions,
    draw_calibrated,
    estimate_language,
    find_pair_cells,
    measure_entropy_gap,
    measure_full_error,
    measure_top_error,
)
from lab.core.errors import InputError
from lab.core.seeds import open_stream

DOCUMENTS, PLACES, TOKENS = 60, 40, 30


def draw(factor: float, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Log probabilities with logits `factor` times too large, what came, documents and positions."""
    rng = open_stream(seed, "language")
    rows = DOCUMENTS * PLACES
    logits_NV = 1.5 * rng.standard_normal((rows, TOKENS))
    chance_NV = np.exp(log_softmax(logits_NV, axis=1))
    came_N = np.minimum(TOKENS - 1, (chance_NV.cumsum(axis=1) < rng.random(rows)[:, None]).sum(axis=1))
    document_N, position_N = np.repeat(range(DOCUMENTS), PLACES), np.tile(range(PLACES), DOCUMENTS)
    return log_softmax(factor * logits_NV, axis=1), came_N, document_N, position_N


def accumulate(factor: float, strata: int = 1) -> TokenAccumulator:
    log_NV, came_N, document_N, position_N = draw(factor)
    accumulator = TokenAccumulator(DOCUMENTS, strata)
    accumulator.update(log_NV, came_N, document_N, cut_positions(position_N) if strata > 1 else None)
    return accumulator


def test_a_model_that_is_right_has_no_gap_and_one_too_sure_a_negative_one() -> None:
    right = {one.name: one for one in estimate_language(accumulate(1.0))}
    sure = {one.name: one for one in estimate_language(accumulate(2.0))}
    assert right["entropy_gap"].contains(0) and sure["entropy_gap"].high < 0
    assert sure["entropy_gap"].unit == "nats/token" and sure["entropy_gap"].n == DOCUMENTS
    null = draw_calibrated(accumulate(1.0))
    for name, measure in (("token_ece", measure_top_error), ("full_ece", measure_full_error)):
        measured = measure(accumulate(1.0), np.ones((1, DOCUMENTS)))[0]
        assert np.quantile(null[name], 0.01) < measured < np.quantile(null[name], 0.99)
        assert right[name].value < measured < 0.1 < sure[name].low


def test_the_null_is_what_models_that_are_right_score() -> None:
    scored: dict[str, list[float]] = {"token_ece": [], "full_ece": []}
    for seed in range(40):
        accumulator = TokenAccumulator(DOCUMENTS)
        accumulator.update(*draw(1.0, seed)[:3])
        for name, measure in (("token_ece", measure_top_error), ("full_ece", measure_full_error)):
            scored[name].append(measure(accumulator, np.ones((1, DOCUMENTS)))[0])
    for name, null in draw_calibrated(accumulate(1.0)).items():
        assert np.mean(scored[name]) == pytest.approx(np.mean(null), rel=0.08)


def test_parts_add_up_to_the_whole_in_any_order() -> None:
    log_NV, came_N, document_N, position_N = draw(2.0)
    whole, parts = accumulate(2.0, 6), TokenAccumulator(DOCUMENTS, 6)
    for rows in np.array_split(open_stream(0, "rows").permutation(len(came_N)), 7):
        part = TokenAccumulator(DOCUMENTS, 6)
        part.update(log_NV[rows], came_N[rows], document_N[rows], cut_positions(position_N[rows]))
        parts.merge(part)
    for ours, theirs in zip((*whole.top, *whole.pairs), (*parts.top, *parts.pairs), strict=True):
        assert ours == pytest.approx(theirs)
    assert whole.pairs.places.sum() == len(came_N) * TOKENS and whole.pairs.happened.sum() == len(came_N)
    assert whole.pairs.said.sum() == pytest.approx(len(came_N))
    alike = zip(estimate_language(whole), estimate_language(accumulate(2.0)), strict=True)
    assert all(one.value == pytest.approx(other.value) and one.low == pytest.approx(other.low) for one, other in alike)
    with pytest.raises(InputError, match="documents and strata"):
        whole.merge(TokenAccumulator(3))


def test_the_top_token_is_that_of_the_runs_accumulator() -> None:
    log_NV, came_N, document_N, _ = draw(2.0)
    known = ConfidenceAccumulator(DOCUMENTS)
    known.update(np.exp(log_NV.max(axis=1)), log_NV.argmax(axis=1) == came_N, document_N)
    assert accumulate(2.0).top.places[:, 0] == pytest.approx(known.counts[0])
    gaps = np.abs((known.confidence_sums - known.correct_counts)[0].sum(axis=0)).sum() / len(came_N)
    assert known.summarize()["ece_top1"] == pytest.approx(gaps)


def test_strata_are_read_alone() -> None:
    accumulator = accumulate(2.0, 6)
    log_NV, came_N, document_N, position_N = draw(2.0)
    kept = cut_positions(position_N) == 3
    alone = TokenAccumulator(DOCUMENTS)
    alone.update(log_NV[kept], came_N[kept], document_N[kept])
    for one, other in zip(estimate_language(accumulator, stratum=3), estimate_language(alone), strict=True):
        assert (one.value, one.low, one.high) == pytest.approx((other.value, other.low, other.high))
    assert cut_positions(np.array([0, 1, 2, 3, 6, 7, 14, 15])).tolist() == [0, 1, 1, 2, 2, 3, 3, 4]
    assert cut_frequencies(np.array([0, 1, 9, 10, 99, 100, 1000])).tolist() == [0, 1, 1, 2, 2, 3, 4]


def test_certainties_are_neither_lost_nor_infinite_noise() -> None:
    accumulator = TokenAccumulator(1)
    with np.errstate(divide="ignore"):
        accumulator.update(np.log([[1.0, 0.0], [0.5, 0.5]]), np.array([0, 1]), np.zeros(2, dtype=int))
    assert accumulator.entropy_DS[0, 0] == pytest.approx(np.log(2))
    assert measure_entropy_gap(accumulator, np.ones((1, 1)))[0] == pytest.approx(0)
    assert find_pair_cells(np.array([-np.inf, -20.0, 0.0])).tolist() == [0, 0, 59]
    assert not any(one.has_interval for one in estimate_language(accumulator))
    assert all(np.isnan(one.value) for one in estimate_language(TokenAccumulator(2)))


def test_what_is_no_distribution_is_refused() -> None:
    accumulator = TokenAccumulator(1)
    zero = np.zeros(1, dtype=int)
    with pytest.raises(InputError, match="sum to one"):
        accumulator.update(np.log([[0.5, 0.4]]), zero, zero)
    with pytest.raises(InputError, match="one per place, from 0 to 1"):
        accumulator.update(np.log([[0.5, 0.5]]), zero + 2, zero)
    with pytest.raises(InputError, match="one per place, from 0 to 0"):
        accumulator.update(np.log([[0.5, 0.5]]), zero, zero + 1)
