"""Noisy weights: exact moments against simulation, exact derivatives against differences, and what the bill does."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import erf

from lab.complexity.mdl.noisy_weights import (
    Posterior,
    count_prequential_bits,
    evaluate_cost,
    fit_noisy_net,
    make_start,
    predict_moments,
)
from lab.core.errors import InputError


def draw_data(n: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """A net of two units on two of five inputs, and noise."""
    rng = np.random.default_rng(seed)
    inputs = rng.standard_normal((n, 5))
    return inputs, erf(inputs[:, :2] @ [[1.5, 0.5], [-0.5, 1.5]]) @ [[1.0], [-1.0]] + 0.2 * rng.standard_normal((n, 1))


def draw_posterior(inputs: int = 5, hidden: int = 3, outputs: int = 2) -> Posterior:
    rng = np.random.default_rng(4)
    start = make_start(inputs, hidden, outputs, 0)
    return start.restore(start.flatten() + 0.5 * rng.standard_normal(start.flatten().size))


def test_derivatives_are_those_of_finite_differences() -> None:
    inputs, _ = draw_data(20)
    targets = np.random.default_rng(1).standard_normal((20, 2))
    like = draw_posterior()
    vector = like.flatten()
    _, gradient = evaluate_cost(like, inputs, targets, 0.7)
    for place, exact in enumerate(gradient):
        step = np.zeros(vector.size)
        step[place] = 1e-6
        ends = [evaluate_cost(like.restore(vector + sign * step), inputs, targets, 0.7)[0] for sign in (1, -1)]
        assert exact == pytest.approx((ends[0] - ends[1]) / 2e-6, abs=1e-6 * max(1.0, abs(exact))), place


def test_moments_are_those_of_drawn_weights() -> None:
    posterior, (inputs, _) = draw_posterior(), draw_data(3)
    mean, variance, _ = predict_moments(posterior, inputs)
    rng = np.random.default_rng(0)
    drawn = []
    given = np.column_stack([inputs, np.ones(3)])
    for _ in range(5000):
        below, above = (
            m + np.exp(s) * rng.standard_normal(m.shape)
            for m, s in zip(posterior.means, posterior.spreads, strict=True)
        )
        drawn.append(np.column_stack([erf(given @ below / np.sqrt(2)), np.ones(3)]) @ above)
    outputs = np.array(drawn)
    assert np.abs(outputs.mean(axis=0) - mean).max() < 5 * np.sqrt(variance.max() / 5000)
    assert outputs.var(axis=0) == pytest.approx(variance, rel=0.15)


def test_the_bill_adds_up_and_a_heavier_weight_buys_fewer_bits() -> None:
    inputs, targets = draw_data(100)
    light, code, heavy = (fit_noisy_net(inputs, targets, 2, kl_weight=w) for w in (0.1, 1.0, 10.0))
    assert light.weight_bits > code.weight_bits > heavy.weight_bits >= 0
    assert light.data_bits < code.data_bits < heavy.data_bits
    assert code.total_bits < min(light.total_bits, heavy.total_bits), "the code is what weight 1 minimises"
    assert code.total_bits == code.weight_bits + code.data_bits + code.shared_bits


def test_prequential_pays_the_prior_density_before_the_first_block() -> None:
    inputs, targets = draw_data(128)
    none = count_prequential_bits(inputs, targets, 2, ())
    assert none == pytest.approx(float((targets**2 / 2 + np.log(2 * np.pi) / 2).sum()) / np.log(2))
    assert count_prequential_bits(inputs, targets, 2, (64,)) < none


def test_wrong_input_is_named() -> None:
    inputs, targets = draw_data(8)
    with pytest.raises(InputError, match="as many inputs"):
        fit_noisy_net(inputs, targets[:4], 2)
    with pytest.raises(InputError, match="positive"):
        fit_noisy_net(inputs, targets, 2, kl_weight=0.0)
