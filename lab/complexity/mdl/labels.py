"""What labels cost given their inputs, by the codes of Blier and Ollivier 2018 (arXiv 1802.07044), at our size.

The model class is multinomial logistic regression, (inputs + 1) × classes weights; inputs are known to both sides, and
so is the class. Shapes: n examples, d inputs and a constant, C classes.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import log_softmax, logsumexp, ndtr, softmax
from sklearn.datasets import load_digits

from lab.complexity.mdl.prequential import list_boundaries
from lab.complexity.mdl.switching import count_switch_bits
from lab.core.fingerprint import hash_bytes
from lab.core.seeds import open_stream
from lab.core.units import bits_from_nats

Array = NDArray[np.float64]
Labels = NDArray[np.int64]

STRENGTHS = (0.03, 0.3, 3.0)  # of the squared penalty on the weights; the middle one where one is used
STEPS = tuple(2.0**-k for k in range(6))  # to which the two-part code rounds a weight
SHARED_BITS = 32  # a real number of the two-part and the variational code that both sides share
DRAWS = 256  # of the noise in stating the variational length
FIRST_DEVIATION, RATE, VARIATIONAL_STEPS = 0.5, 0.05, 1500
MOST_STEPS = 300


@dataclass(frozen=True)
class LabelCodes:
    """Bits of all labels by each code, and the share of held-out labels its model names right."""

    bits: Mapping[str, float]
    accuracy: Mapping[str, float]


@lru_cache(maxsize=1)
def load_images() -> tuple[Array, Labels]:
    """The 1797 handwritten digits that scikit-learn carries (Alpaydin and Kaynak 1998): pixels in 0…1, labels 0…9."""
    pixels, labels = load_digits(return_X_y=True)
    return np.asarray(pixels, dtype=np.float64) / 16.0, np.asarray(labels, dtype=np.int64)


@lru_cache(maxsize=1)
def hash_images() -> str:
    """SHA-256 of the digits as `load_images` gives them."""
    return hash_bytes(b"".join(part.tobytes() for part in load_images()))


def describe_labels(inputs: Array, labels: Labels, heldout: int, classes: int, seed: int) -> LabelCodes:
    """Every code's length of the labels but the last `heldout`, which the models are asked for.

    `seed`: of the variational noise.
    """
    design = np.column_stack([inputs, np.ones(len(inputs))])
    known, asked = design[:-heldout], design[-heldout:]
    told, right = labels[:-heldout], labels[-heldout:]
    rounded, two_part = fit_two_part(known, told, classes)
    mean, variational = fit_variational(known, told, classes, seed)
    trace = trace_block_bits(known, told, classes, list_boundaries(len(told)))
    weights = {
        "two_part": rounded,
        "variational": mean,
        "prequential_block": fit_softmax(known, told, classes, STRENGTHS[1]),
    }
    return LabelCodes(
        {
            "uniform": len(told) * math.log2(classes),
            "two_part": two_part,
            "variational": variational,
            "prequential_block": float(trace[:, 2].sum()),
            "switch": count_switch_bits(trace),
        },
        {code: float(np.mean((asked @ found).argmax(axis=1) == right)) for code, found in weights.items()},
    )


def fit_softmax(design: Array, labels: Labels, classes: int, strength: float) -> Array:
    """Weights (d, C) that minimise the nats of the labels plus strength/2 times the squared weights; L-BFGS from 0."""
    wanted = np.eye(classes)[labels]

    def cost(vector: Array) -> tuple[float, Array]:
        weights = vector.reshape(-1, classes)
        logits = design @ weights
        nats = float(logsumexp(logits, axis=1).sum() - (logits * wanted).sum())
        gradient = design.T @ (softmax(logits, axis=1) - wanted) + strength * weights
        return nats + strength / 2 * float((weights**2).sum()), gradient.ravel()

    start = np.zeros(design.shape[1] * classes)
    found = minimize(cost, start, jac=True, method="L-BFGS-B", options={"maxiter": MOST_STEPS})
    return np.asarray(found.x, dtype=np.float64).reshape(-1, classes)


def trace_block_bits(design: Array, labels: Labels, classes: int, boundaries: Sequence[int]) -> Array:
    """Bits of each label (n, 1 + strengths): uniform, then by the fit of each strength to the blocks before its own."""
    bits = np.full((len(labels), 1 + len(STRENGTHS)), math.log2(classes))
    for begin, end in itertools.pairwise([*boundaries, len(labels)]):
        for column, strength in enumerate(STRENGTHS, 1):
            weights = fit_softmax(design[:begin], labels[:begin], classes, strength)
            bits[begin:end, column] = _count_given(design[begin:end] @ weights, labels[begin:end])
    return bits


def fit_two_part(design: Array, labels: Labels, classes: int) -> tuple[Array, float]:
    """Rounded weights and the whole length: the weights as multiples of a step, then the labels by them.

    A multiple costs −log2 of its share of a normal law of the weights' own deviation, which is sent in 32 bits. Penalty
    and step are the best pair of a fixed grid, whose name is paid for too.
    """
    found = []
    for strength in STRENGTHS:
        weights = fit_softmax(design, labels, classes, strength)
        deviation = float(np.sqrt(np.mean(weights**2)))
        for step in STEPS:
            rounded = step * np.round(weights / step)
            mass = ndtr((np.abs(rounded) + step / 2) / deviation) - ndtr((np.abs(rounded) - step / 2) / deviation)
            bits = -float(np.log2(np.maximum(mass, 1e-300)).sum()) + SHARED_BITS
            bits += float(_count_given(design @ rounded, labels).sum()) + math.log2(len(STRENGTHS) * len(STEPS))
            found.append((bits, rounded))
    bits, rounded = min(found, key=lambda pair: pair[0])
    return rounded, bits


def fit_variational(design: Array, labels: Labels, classes: int, seed: int) -> tuple[Array, float]:
    """Mean weights and the bits-back length: KL(q ‖ N(0, s²)) + E_q of the labels' bits, q a Gaussian per weight.

    A logit is Gaussian under q, so its noise is drawn for each example and class (Kingma, Salimans and Welling 2015):
    anew in each of 1500 steps of Adam (Kingma and Ba 2015), because draws kept fixed are learned by heart; and 256
    times for the length, whose Monte Carlo error is about a bit. s costs 32 bits.
    """
    wanted, squares = np.eye(classes)[labels], design**2
    rng = open_stream(seed, "labels", "noise")
    mean = fit_softmax(design, labels, classes, STRENGTHS[1])
    size = mean.size
    vector = np.concatenate([mean.ravel(), np.full(size, math.log(FIRST_DEVIATION)), [0.0]])
    momentum, second = np.zeros_like(vector), np.zeros_like(vector)
    for step in range(1, VARIATIONAL_STEPS + 1):
        mean, spread, width = _split(vector, mean.shape)
        variance, precise = np.exp(2 * spread), math.exp(-2 * width)
        root = np.sqrt(squares @ variance)
        noise = rng.standard_normal(root.shape)
        likely = softmax(design @ mean + root * noise, axis=1)
        by_mean = design.T @ (likely - wanted) + mean * precise
        by_variance = squares.T @ (likely * noise / (2 * root)) + precise / 2
        by_width = size - float((variance + mean**2).sum()) * precise
        gradient = np.concatenate([by_mean.ravel(), (2 * variance * by_variance - 1).ravel(), [by_width]])
        momentum = 0.9 * momentum + 0.1 * gradient
        second = 0.99 * second + 0.01 * gradient**2
        rate = RATE * (1 - step / (VARIATIONAL_STEPS + 1))
        vector -= rate * (momentum / (1 - 0.9**step)) / (np.sqrt(second / (1 - 0.99**step)) + 1e-8)
    mean, spread, width = _split(vector, mean.shape)
    variance = np.exp(2 * spread)
    divergence = float((width - spread + (variance + mean**2) * math.exp(-2 * width) / 2 - 0.5).sum())
    return mean, bits_from_nats(divergence) + SHARED_BITS + _average_bits(design, labels, mean, variance, seed)


def _split(vector: Array, shape: tuple[int, ...]) -> tuple[Array, Array, float]:
    """Means, log deviations, and the log deviation of the prior."""
    mean, spread = vector[:-1].reshape(2, *shape)
    return mean, spread, float(vector[-1])


def _average_bits(design: Array, labels: Labels, mean: Array, variance: Array, seed: int) -> float:
    """E_q of the labels' bits by fresh draws."""
    rng = open_stream(seed, "labels", "fresh noise")
    centre, root = design @ mean, np.sqrt(design**2 @ variance)
    draws = (centre + root * rng.standard_normal(root.shape) for _ in range(DRAWS))
    return float(np.mean([_count_given(logits, labels).sum() for logits in draws]))


def _count_given(logits: Array, labels: Labels) -> Array:
    return np.asarray(-log_softmax(logits, axis=1)[np.arange(len(labels)), labels] / math.log(2), dtype=np.float64)
