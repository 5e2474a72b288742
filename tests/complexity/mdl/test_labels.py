"""Labels by every code: each is a code, and the order Blier and Ollivier found shows on easy labels."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.special import log_softmax

from lab.complexity.mdl.labels import (
    STRENGTHS,
    describe_labels,
    fit_softmax,
    fit_two_part,
    fit_variational,
    load_images,
    trace_block_bits,
)


def draw_labels(n: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Three clouds in four dimensions, and a constant."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 3, n)
    inputs = rng.standard_normal((n, 4)) + 2.5 * np.eye(4)[labels]
    return np.column_stack([inputs, np.ones(n)]), labels


def test_softmax_is_at_its_minimum() -> None:
    design, labels = draw_labels(80)
    weights = fit_softmax(design, labels, 3, 0.5)
    likely = np.exp(log_softmax(design @ weights, axis=1))
    assert np.abs(design.T @ (likely - np.eye(3)[labels]) + 0.5 * weights).max() < 1e-2


def test_blocks_see_only_what_came_before() -> None:
    design, labels = draw_labels(60)
    whole = trace_block_bits(design, labels, 3, (8, 16, 32))
    changed = labels.copy()
    changed[40:] = (changed[40:] + 1) % 3
    other = trace_block_bits(design, changed, 3, (8, 16, 32))
    assert whole.shape == (60, 1 + len(STRENGTHS))
    assert (whole[:40] == other[:40]).all() and (whole[40:, 1:] != other[40:, 1:]).any()
    assert whole[:8] == pytest.approx(math.log2(3)) and whole[:, 0] == pytest.approx(math.log2(3))


def test_the_two_part_code_pays_for_weights_it_could_send() -> None:
    design, labels = draw_labels(200)
    rounded, bits = fit_two_part(design, labels, 3)
    given = -log_softmax(design @ rounded, axis=1)[np.arange(200), labels].sum() / math.log(2)
    assert given + 32 < bits < 200 * math.log2(3)
    steps = np.abs(rounded).ravel()
    assert any(np.allclose(steps / step, np.round(steps / step)) for step in (1.0, 0.5, 0.25, 0.125))


def test_the_variational_length_bounds_the_best_fit_from_above() -> None:
    design, labels = draw_labels(200)
    mean, bits = fit_variational(design, labels, 3, 0)
    best = fit_softmax(design, labels, 3, 1e-6)
    given = -log_softmax(design @ best, axis=1)[np.arange(200), labels].sum() / math.log(2)
    assert given < bits < 200 * math.log2(3)
    assert np.mean((design @ mean).argmax(axis=1) == labels) > 0.8
    assert abs(fit_variational(design, labels, 3, 1)[1] - bits) < 5, "the noise of fitting hardly matters"


def test_digits_in_the_published_order() -> None:
    pixels, labels = load_images()
    found = describe_labels(pixels[:450], labels[:450], 50, 10, 0)
    bits = found.bits
    assert bits["switch"] < bits["prequential_block"] < bits["variational"] < bits["two_part"] < bits["uniform"]
    assert bits["uniform"] == pytest.approx(400 * math.log2(10))
    assert found.accuracy["prequential_block"] > 0.8
