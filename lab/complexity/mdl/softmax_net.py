"""Labels from inputs by a softmax over linear outputs, with one hidden layer of tanh units or with none.

Without one it is multinomial logistic regression. Weights are fitted by a penalty, or are noisy: a Gaussian each.
Shapes: n examples, d inputs with the constant among them, h hidden units, C classes; a layer is (units below, units).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import log_softmax, logsumexp, softmax

from lab.core.seeds import open_stream
from lab.core.units import bits_from_nats

Array = NDArray[np.float64]
Labels = NDArray[np.int64]

SHARED_BITS = 32  # a real number of a layer that both sides share
DRAWS = 256  # of the noise in stating the variational length
FIRST_DEVIATION, RATE, VARIATIONAL_STEPS = 0.5, 0.05, 1500
MOST_STEPS = 300


@dataclass(frozen=True)
class SoftmaxNet:
    """`hidden`: tanh units between `inputs`, the constant one of them, and `classes`; 0 for no layer of them."""

    inputs: int
    classes: int
    hidden: int = 0

    @property
    def shapes(self) -> tuple[tuple[int, int], ...]:
        """Of the layers; a hidden layer has a constant too."""
        if not self.hidden:
            return ((self.inputs, self.classes),)
        return (self.inputs, self.hidden), (self.hidden + 1, self.classes)

    @property
    def size(self) -> int:
        """How many weights."""
        return sum(below * units for below, units in self.shapes)

    def split(self, weights: Array) -> list[Array]:
        """The layers of a vector of all weights."""
        ends = np.cumsum([below * units for below, units in self.shapes])[:-1]
        return [part.reshape(shape) for part, shape in zip(np.split(weights, ends), self.shapes, strict=True)]

    def predict(self, weights: Array, design: Array) -> Array:
        """Logits (n, C)."""
        return self._climb(self.split(weights), design)[-1]

    def fit(self, design: Array, labels: Labels, strength: float, seed: int = 0) -> Array:
        """Weights that minimise the nats of the labels plus strength/2 times the squared weights; L-BFGS.

        From 0, but the hidden units from a normal law of variance 1/d by `seed`: where they are, the least is local.
        """
        wanted = np.eye(self.classes)[labels]

        def cost(weights: Array) -> tuple[float, Array]:
            layers = self.split(weights)
            *given, logits = self._climb(layers, design)
            nats = float(logsumexp(logits, axis=1).sum() - (logits * wanted).sum())
            slope, parts = softmax(logits, axis=1) - wanted, [np.empty(0)] * len(layers)
            for depth in reversed(range(len(layers))):
                parts[depth] = (given[depth].T @ slope + strength * layers[depth]).ravel()
                if depth:
                    slope = (slope @ layers[depth].T * (1 - given[depth] ** 2))[:, :-1]
            return nats + strength / 2 * float((weights**2).sum()), np.concatenate(parts)

        start = np.zeros(self.size)
        if self.hidden:
            rng, first = open_stream(seed, "labels", "start"), self.inputs * self.hidden
            start[:first] = rng.standard_normal(first) / math.sqrt(self.inputs)
        found = minimize(cost, start, jac=True, method="L-BFGS-B", options={"maxiter": MOST_STEPS})
        return np.asarray(found.x, dtype=np.float64)

    def _climb(self, layers: list[Array], design: Array) -> list[Array]:
        """What each layer is given, and the logits."""
        rows = [design]
        for layer in layers[:-1]:
            rows.append(add_constant(np.tanh(rows[-1] @ layer)))
        return [*rows, rows[-1] @ layers[-1]]


def add_constant(inputs: Array) -> Array:
    """The inputs and a column of ones."""
    return np.column_stack([inputs, np.ones(len(inputs))])


def count_given(logits: Array, labels: Labels) -> Array:
    """−log2 of the chance of each label."""
    return np.asarray(-log_softmax(logits, axis=1)[np.arange(len(labels)), labels] / math.log(2), dtype=np.float64)


def fit_variational(net: SoftmaxNet, design: Array, labels: Labels, start: Array, seed: int) -> tuple[Array, float]:
    """Mean weights and the bits-back length: KL(q ‖ N(0, s²)) + E_q of the labels' bits, q a Gaussian per weight.

    A unit's input is Gaussian given the layer below, so its noise is drawn for each example and unit (Kingma, Salimans
    and Welling 2015): anew in each of 1500 steps of Adam (Kingma and Ba 2015) from the means `start`, because draws
    kept fixed are learned by heart; and 256 times for the length, whose Monte Carlo error is about a bit. Each layer
    has an s of its own, which costs 32 bits.
    """
    rng, noisy = open_stream(seed, "labels", "noise"), _NoisyNet(net, design, np.eye(net.classes)[labels])
    vector = np.concatenate([start, np.full(net.size, math.log(FIRST_DEVIATION)), np.zeros(len(net.shapes))])
    momentum, second = np.zeros_like(vector), np.zeros_like(vector)
    for step in range(1, VARIATIONAL_STEPS + 1):
        gradient = noisy.differentiate(vector, rng)
        momentum = 0.9 * momentum + 0.1 * gradient
        second = 0.99 * second + 0.01 * gradient**2
        rate = RATE * (1 - step / (VARIATIONAL_STEPS + 1))
        vector -= rate * (momentum / (1 - 0.9**step)) / (np.sqrt(second / (1 - 0.99**step)) + 1e-8)
    rng = open_stream(seed, "labels", "fresh noise")
    told = float(np.mean([count_given(noisy.draw(vector, rng), labels).sum() for _ in range(DRAWS)]))
    means = vector[: net.size]
    return means, noisy.count_divergence_bits(vector) + SHARED_BITS * len(net.shapes) + told


@dataclass(frozen=True)
class _NoisyNet:
    """A vector holds the means of the weights, their log deviations, and a log deviation of the prior per layer."""

    net: SoftmaxNet
    design: Array
    wanted: Array

    def draw(self, vector: Array, rng: np.random.Generator) -> Array:
        """Logits under one draw of all noise."""
        return self._climb(vector, rng)[-1][0]

    def count_divergence_bits(self, vector: Array) -> float:
        """KL of all weights from their priors."""
        nats = 0.0
        for mean, spread, width in self._split(vector):
            variance = np.exp(2 * spread)
            nats += float((width - spread + (variance + mean**2) * math.exp(-2 * width) / 2 - 0.5).sum())
        return bits_from_nats(nats)

    def differentiate(self, vector: Array, rng: np.random.Generator) -> Array:
        """Gradient of the nats of the labels under one draw plus the divergence.

        At the logits the noise of the label's own is left out of the gradient: it is linear, so its mean is 0.
        """
        parts, climbed = self._split(vector), self._climb(vector, rng)
        by_noise = softmax(climbed[-1][0], axis=1)
        slope = by_noise - self.wanted
        by_means, by_spreads, by_widths = [], [], []
        for depth in reversed(range(len(parts))):
            mean, spread, width = parts[depth]
            _, given, root, noise = climbed[depth]
            variance, precise = np.exp(2 * spread), math.exp(-2 * width)
            by_root = by_noise * noise / (2 * root)
            by_means.append((given.T @ slope + mean * precise).ravel())
            by_variance = (given**2).T @ by_root + precise / 2
            by_spreads.append((2 * variance * by_variance - 1).ravel())
            by_widths.append(mean.size - float((variance + mean**2).sum()) * precise)
            if depth:
                below = slope @ mean.T + 2 * given * (by_root @ variance.T)
                by_noise = slope = (below * (1 - given**2))[:, :-1]
        return np.concatenate([*by_means[::-1], *by_spreads[::-1], by_widths[::-1]])

    def _climb(self, vector: Array, rng: np.random.Generator) -> list[tuple[Array, Array, Array, Array]]:
        """Of each layer its sums (n, units), what it was given, the deviation of the sums, and their noise."""
        climbed, given = [], self.design
        for mean, spread, _ in self._split(vector):
            root = np.sqrt(given**2 @ np.exp(2 * spread))
            noise = rng.standard_normal(root.shape)
            climbed.append((given @ mean + root * noise, given, root, noise))
            given = add_constant(np.tanh(climbed[-1][0]))
        return climbed

    def _split(self, vector: Array) -> list[tuple[Array, Array, float]]:
        """By layer: means, log deviations, and the log deviation of the prior."""
        size = self.net.size
        means, spreads = self.net.split(vector[:size]), self.net.split(vector[size : 2 * size])
        return list(zip(means, spreads, map(float, vector[2 * size :]), strict=True))
