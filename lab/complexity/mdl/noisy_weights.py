"""A net whose weights are coded with noise: Hinton and van Camp 1993 (COLT, Keeping neural networks simple).

Each weight is a Gaussian; sender and receiver share a mixture of Gaussians as prior, adapted to the weights. A weight
then costs its Kullback–Leibler divergence from the prior (the random bits come back), the data cost their expected code
length. One hidden layer with erf(a/√2) units and linear outputs: the input of a unit is Gaussian, and mean and mean
square of its output have closed forms (the paper tabulated them), so the expected squared error and its derivatives are
exact. What is not: the divergence from a mixture is replaced by its upper bound −ln Σ_k π_k e^(−KL_k), itself a code
length, and data are coded by one normal density per output, of the fitted mean squared error.

Shapes: N examples, I inputs and a bias, H hidden units and a bias, O outputs.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import erf, logsumexp, owens_t

from lab.core.errors import InputError
from lab.core.seeds import open_stream
from lab.core.units import bits_from_nats

Array = NDArray[np.float64]
Chain = Callable[[Array, Array], tuple[Array, Array]]
"""From derivatives by a unit's mean and mean square output to those by mean and variance of its input."""

COMPONENTS = 3  # Gaussians of the prior
FIRST_DEVIATION = 0.1  # of every weight, before fitting
STARTS, MOST_STEPS, MEMORY = 3, 500, 40


@dataclass(frozen=True)
class Posterior:
    """Means and log deviations of the weights, layer by layer, then the prior: logits, means, log deviations (3, K)."""

    means: tuple[Array, Array]
    spreads: tuple[Array, Array]
    prior: Array

    def flatten(self) -> Array:
        """All parameters in one vector."""
        return np.concatenate([part.ravel() for part in (*self.means, *self.spreads, self.prior)])

    def restore(self, vector: Array) -> Posterior:
        """The parameters of `vector` in the shapes of this one."""
        parts, place = [], 0
        for like in (*self.means, *self.spreads, self.prior):
            parts.append(vector[place : place + like.size].reshape(like.shape))
            place += like.size
        return Posterior((parts[0], parts[1]), (parts[2], parts[3]), parts[4])


@dataclass(frozen=True)
class NoisyFit:
    """A fitted net with its bill in bits: the weights, the data given them, and the numbers that both sides share.

    `variance`: of the density that codes an output. The three add up to the variational code length.
    """

    posterior: Posterior
    variance: float
    weight_bits: float
    data_bits: float
    shared_bits: float

    @property
    def total_bits(self) -> float:
        """The variational (bits-back) code length, −log2 of a density in the data; to first order, as the shared
        numbers are charged what rounding them would cost and are not rounded: no decoder undoes it.
        """
        return self.weight_bits + self.data_bits + self.shared_bits


def fit_noisy_net(inputs: Array, targets: Array, hidden: int, kl_weight: float = 1.0, seed: int = 0) -> NoisyFit:
    """Minimises kl_weight · bits(weights) + bits(targets | weights) by L-BFGS, the best of 3 starts; 1 is the code.

    `inputs` (N, I), `targets` (N, O), both about unit scale. Shared numbers, the variance and the prior's 3K − 1, cost
    ½ log2 N and ½ log2(weights) bits each. Raises `InputError` for unequal lengths or a weight that is not positive.
    """
    if len(inputs) != len(targets) or len(inputs) < 2:
        raise InputError("noisy net", [inputs.shape, targets.shape], "needs as many inputs as targets, two at least")
    if not kl_weight > 0 or hidden < 1:
        raise InputError("noisy net", f"weight {kl_weight}, {hidden} hidden units", "both are positive")
    starts = [make_start(inputs.shape[1], hidden, targets.shape[1], seed, start) for start in range(STARTS)]

    def cost(vector: Array) -> tuple[float, Array]:
        return evaluate_cost(starts[0].restore(vector), inputs, targets, kl_weight)

    ends = [
        minimize(cost, start.flatten(), jac=True, method="L-BFGS-B", options={"maxiter": MOST_STEPS, "maxcor": MEMORY})
        for start in starts
    ]
    posterior = starts[0].restore(min(ends, key=lambda end: end.fun).x)
    mean, spread, _ = predict_moments(posterior, inputs)
    squared = float(((targets - mean) ** 2 + spread).sum())
    weights = sum(part.size for part in posterior.means)
    shared = math.log2(len(inputs)) / 2 + (3 * COMPONENTS - 1) * math.log2(weights) / 2
    return NoisyFit(
        posterior,
        squared / targets.size,
        bits_from_nats(_weigh(posterior)[0]),
        bits_from_nats(_code_nats(squared, targets.size)),
        shared,
    )


def evaluate_cost(posterior: Posterior, inputs: Array, targets: Array, kl_weight: float) -> tuple[float, Array]:
    """The objective in nats and its exact gradient, flat as `Posterior.flatten`."""
    mean, spread, (given, first, second, chain) = predict_moments(posterior, inputs)
    below, above = posterior.means[1], np.exp(2 * posterior.spreads[1])
    squared = float(((targets - mean) ** 2 + spread).sum())
    rate = targets.size / (2 * squared)  # d data / d squared, the variance at its optimum
    error = 2 * rate * (mean - targets)
    by_means_above = first.T @ error + 2 * rate * (second - first**2).sum(axis=0)[:, None] * below
    by_variance_above = rate * second.sum(axis=0)[:, None] * np.ones_like(above)
    by_first = error @ below.T - 2 * rate * first * (below**2).sum(axis=1)
    by_second = np.broadcast_to(rate * (above + below**2).sum(axis=1), second.shape)
    by_mean, by_variance = chain(by_first[:, :-1], by_second[:, :-1])
    divergence, by_weights = _weigh(posterior)
    variances = [np.exp(2 * part) for part in posterior.spreads]
    parts = (
        given.T @ by_mean,
        by_means_above,
        2 * variances[0] * ((given**2).T @ by_variance),
        2 * variances[1] * by_variance_above,
        np.zeros_like(posterior.prior),
    )
    gradient = np.concatenate([part.ravel() for part in parts])
    return kl_weight * divergence + _code_nats(squared, targets.size), kl_weight * by_weights + gradient


def predict_moments(posterior: Posterior, inputs: Array) -> tuple[Array, Array, tuple[Array, Array, Array, Chain]]:
    """Mean and variance of each output (N, O) under the noise, exact; then what the gradient needs of the layers."""
    given = np.column_stack([inputs, np.ones(len(inputs))])
    mean = given @ posterior.means[0]
    variance = given**2 @ np.exp(2 * posterior.spreads[0])
    first, second, chain = _pass_unit(mean, variance)
    constant = np.ones((len(inputs), 1))
    first, second = np.hstack([first, constant]), np.hstack([second, constant])
    above, noise = posterior.means[1], np.exp(2 * posterior.spreads[1])
    spread = second @ noise + (second - first**2) @ above**2
    return first @ above, spread, (given, first, second, chain)


def count_prequential_bits(
    inputs: Array, targets: Array, hidden: int, boundaries: Sequence[int], seed: int = 0
) -> float:
    """Bits of the targets block by block, each by the net fitted to the blocks before it; the first by N(0, 1).

    A target's density is normal, of the predicted mean and the net's variance plus the noise.
    """
    edges = [*boundaries, len(targets)]
    nats = float((targets[: edges[0]] ** 2 / 2 + math.log(2 * math.pi) / 2).sum())
    for begin, end in itertools.pairwise(edges):
        fitted = fit_noisy_net(inputs[:begin], targets[:begin], hidden, seed=seed)
        mean, spread, _ = predict_moments(fitted.posterior, inputs[begin:end])
        variance = spread + fitted.variance
        nats += float(((targets[begin:end] - mean) ** 2 / (2 * variance) + np.log(2 * math.pi * variance) / 2).sum())
    return bits_from_nats(nats)


def _pass_unit(mean: Array, variance: Array) -> tuple[Array, Array, Chain]:
    """E f(a) and E f(a)² for f = erf(a/√2) = 2Φ(a) − 1, a ~ N(mean, variance), and the chain rule back through them.

    With u = m/√(1+v), h = 1/√(1+2v): E f = 2Φ(u) − 1 and E f² = 1 − 8 T(u, h), T Owen's function (Owen 1980).
    """
    root = np.sqrt(1 + variance)
    u, h = mean / root, 1 / np.sqrt(1 + 2 * variance)
    first, second = erf(u / math.sqrt(2)), 1 - 8 * owens_t(u, h)

    def chain(by_first: Array, by_second: Array) -> tuple[Array, Array]:
        density = np.exp(-(u**2) / 2) / math.sqrt(2 * math.pi)
        by_u = 2 * density * by_first + 4 * density * erf(h * u / math.sqrt(2)) * by_second
        by_h = -8 * np.exp(-(u**2) * (1 + h**2) / 2) / (2 * math.pi * (1 + h**2)) * by_second
        return by_u / root, -by_u * u / (2 * (1 + variance)) - by_h * h**3

    return first, second, chain


def _weigh(posterior: Posterior) -> tuple[float, Array]:
    """Nats of all weights under the mixture, and the gradient, flat."""
    mean = np.concatenate([part.ravel() for part in posterior.means])[:, None]
    spread = np.concatenate([part.ravel() for part in posterior.spreads])[:, None]
    logits, centres, widths = posterior.prior
    away, ratio = (mean - centres) / np.exp(2 * widths), np.exp(2 * (spread - widths))
    divergence = widths - spread + (ratio + (mean - centres) * away - 1) / 2
    logarithms = logits - logsumexp(logits)
    joint = logsumexp(logarithms - divergence, axis=1, keepdims=True)
    share = np.exp(logarithms - divergence - joint)
    by_prior = (
        (np.exp(logarithms) - share).sum(axis=0),
        -(share * away).sum(axis=0),
        (share * (1 - ratio - (mean - centres) * away)).sum(axis=0),
    )
    parts = ((share * away).sum(axis=1), (share * (ratio - 1)).sum(axis=1), *by_prior)
    return -float(joint.sum()), np.concatenate(parts)


def _code_nats(squared: float, values: int) -> float:
    return values / 2 * (math.log(2 * math.pi * squared / values) + 1)


def make_start(inputs: int, hidden: int, outputs: int, seed: int, start: int = 0) -> Posterior:
    """Random means, narrow noise, and a prior of three widths about 0; `start` numbers the starts of one fit."""
    rng = open_stream(seed, "noisy weights", "start", start)
    shapes = ((inputs + 1, hidden), (hidden + 1, outputs))
    below, above = (rng.standard_normal(shape) / math.sqrt(shape[0]) for shape in shapes)
    spreads = tuple(np.full(shape, math.log(FIRST_DEVIATION)) for shape in shapes)
    # The narrow component takes the weights that the data do not need.
    prior = np.array([np.zeros(COMPONENTS), np.zeros(COMPONENTS), np.log(np.geomspace(0.05, 1.0, COMPONENTS))])
    return Posterior((below, above), (spreads[0], spreads[1]), prior)
