"""Labels by every code: each is a code, and the order Blier and Ollivier found shows on easy labels."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.special import log_softmax

from lab.complexity.mdl import softmax_net
from lab.complexity.mdl.labels import STRENGTHS, describe_labels, load_images, round_weights, trace_block_bits
from lab.complexity.mdl.softmax_net import SoftmaxNet, _NoisyNet, fit_variational
from lab.core.units import bits_from_nats

NETS = [SoftmaxNet(5, 3), SoftmaxNet(5, 3, hidden=4)]


def draw_labels(n: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Three clouds in four dimensions, and a constant."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 3, n)
    inputs = rng.standard_normal((n, 4)) + 2.5 * np.eye(4)[labels]
    return np.column_stack([inputs, np.ones(n)]), labels


def count_bits(net: SoftmaxNet, weights: np.ndarray, design: np.ndarray, labels: np.ndarray) -> float:
    given = log_softmax(net.predict(weights, design), axis=1)[np.arange(len(labels)), labels]
    return float(-given.sum() / math.log(2))


@pytest.mark.parametrize("net", NETS)
def test_no_step_away_from_the_fit_is_cheaper(net: SoftmaxNet) -> None:
    design, labels = draw_labels(80)
    weights = net.fit(design, labels, 0.5)

    def cost(at: np.ndarray) -> float:
        return count_bits(net, at, design, labels) * math.log(2) + 0.25 * float((at**2).sum())

    slopes = [(cost(weights + step) - cost(weights - step)) / 2e-4 for step in 1e-4 * np.eye(net.size)]
    assert weights.shape == (net.size,) and np.abs(slopes).max() < 2e-2


def test_hidden_units_fit_what_no_plane_parts() -> None:
    """Four clouds, opposite ones of one class (exclusive or)."""
    rng = np.random.default_rng(0)
    corners = rng.integers(0, 2, (200, 2))
    design = np.column_stack([corners + 0.1 * rng.standard_normal((200, 2)), np.ones(200)])
    labels = corners.sum(axis=1) % 2
    plane, bent = SoftmaxNet(3, 2), SoftmaxNet(3, 2, hidden=4)
    assert count_bits(plane, plane.fit(design, labels, 0.01), design, labels) > 190
    assert count_bits(bent, bent.fit(design, labels, 0.01), design, labels) < 20


@pytest.mark.parametrize("net", NETS)
def test_the_noisy_gradient_is_that_of_the_length_it_minimises(net: SoftmaxNet) -> None:
    """Means over draws, against differences of the drawn length with the same draws."""
    design, labels = draw_labels(40)
    noisy = _NoisyNet(net, design, np.eye(3)[labels])
    rng = np.random.default_rng(1)
    layers = len(net.shapes)
    vector = np.concatenate([rng.normal(0, 0.7, net.size), rng.normal(-1, 0.2, net.size), np.full(layers, 0.3)])
    draws = 300

    def cost(at: np.ndarray, draw: int) -> float:
        logits = noisy.draw(at, np.random.default_rng(draw))
        told = -log_softmax(logits, axis=1)[np.arange(40), labels].sum()
        return float(told / math.log(2)) + noisy.count_divergence_bits(at)

    found = np.mean([noisy.differentiate(vector, np.random.default_rng(d)) for d in range(draws)], axis=0)
    for place in (1, net.size - 1, net.size + 2, 2 * net.size - 2, 2 * net.size):
        step = 1e-4 * np.eye(len(vector))[place]
        slopes = [(cost(vector + step, d) - cost(vector - step, d)) / 2e-4 for d in range(draws)]
        error = np.std(slopes) / math.sqrt(draws)
        assert bits_from_nats(found[place]) == pytest.approx(np.mean(slopes), abs=4 * error + 1e-5)


@pytest.mark.parametrize("net", NETS)
def test_blocks_see_only_what_came_before(net: SoftmaxNet) -> None:
    design, labels = draw_labels(60)
    whole = trace_block_bits(net, design, labels, (8, 16, 32), 0)
    changed = labels.copy()
    changed[40:] = (changed[40:] + 1) % 3
    other = trace_block_bits(net, design, changed, (8, 16, 32), 0)
    assert whole.shape == (60, 1 + len(STRENGTHS))
    assert (whole[:40] == other[:40]).all() and (whole[40:, 1:] != other[40:, 1:]).any()
    assert whole[:8] == pytest.approx(math.log2(3)) and whole[:, 0] == pytest.approx(math.log2(3))


@pytest.mark.parametrize("net", NETS)
def test_the_two_part_code_pays_for_weights_it_could_send(net: SoftmaxNet) -> None:
    design, labels = draw_labels(200)
    fits = [net.fit(design, labels, strength) for strength in STRENGTHS]
    rounded, bits = round_weights(net, design, labels, fits)
    given = count_bits(net, rounded, design, labels)
    assert given + 32 * len(net.shapes) < bits < 200 * math.log2(3) + 100
    steps = np.abs(rounded)
    assert any(np.allclose(steps / step, np.round(steps / step)) for step in (1.0, 0.5, 0.25, 0.125))


@pytest.mark.parametrize("net", NETS)
def test_the_variational_length_bounds_the_best_fit_from_above(net: SoftmaxNet) -> None:
    design, labels = draw_labels(200)
    start = net.fit(design, labels, 0.3)
    mean, bits = fit_variational(net, design, labels, start, 0)
    best = count_bits(net, net.fit(design, labels, 1e-6), design, labels)
    assert best < bits < 200 * math.log2(3)
    assert np.mean(net.predict(mean, design).argmax(axis=1) == labels) > 0.8
    assert abs(fit_variational(net, design, labels, start, 1)[1] - bits) < 5, "the noise of fitting hardly matters"


@pytest.mark.parametrize("hidden", [0, 8])
def test_digits_in_the_published_order(hidden: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(softmax_net, "VARIATIONAL_STEPS", 600)
    pixels, labels = load_images()
    found = describe_labels(pixels[:450], labels[:450], 50, 10, 0, hidden)
    bits = found.bits
    assert bits["switch"] < bits["prequential_block"] < bits["variational"] < bits["two_part"] < bits["uniform"]
    assert bits["uniform"] == pytest.approx(400 * math.log2(10))
    assert found.accuracy["prequential_block"] > 0.8
