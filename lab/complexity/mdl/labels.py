"""What labels cost given their inputs, by the codes of Blier and Ollivier 2018 (arXiv 1802.07044), at our size.

The model class is a `SoftmaxNet`: multinomial logistic regression, or a net of one hidden layer. Inputs are known to
both sides, and so is the class. Shapes: n examples, d inputs and a constant, C classes.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.special import ndtr
from sklearn.datasets import load_digits

from lab.complexity.mdl.prequential import list_boundaries
from lab.complexity.mdl.softmax_net import (
    SHARED_BITS,
    Array,
    Labels,
    SoftmaxNet,
    add_constant,
    count_given,
    fit_variational,
)
from lab.complexity.mdl.switching import count_switch_bits
from lab.core.fingerprint import hash_bytes

STRENGTHS = (0.03, 0.3, 3.0)  # of the squared penalty on the weights; the middle one where one is used
STEPS = tuple(2.0**-k for k in range(6))  # to which the two-part code rounds a weight


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


def describe_labels(
    inputs: Array, labels: Labels, heldout: int, classes: int, seed: int, hidden: int = 0
) -> LabelCodes:
    """Every code's length of the labels but the last `heldout`, which the models are asked for.

    `seed`: of the variational noise, and of where a net of `hidden` units starts.
    """
    design = add_constant(inputs)
    net = SoftmaxNet(design.shape[1], classes, hidden)
    known, asked = design[:-heldout], design[-heldout:]
    told, right = labels[:-heldout], labels[-heldout:]
    fits = [net.fit(known, told, strength, seed) for strength in STRENGTHS]
    rounded, two_part = round_weights(net, known, told, fits)
    mean, variational = fit_variational(net, known, told, fits[1], seed)
    trace = trace_block_bits(net, known, told, list_boundaries(len(told)), seed)
    weights = {"two_part": rounded, "variational": mean, "prequential_block": fits[1]}
    return LabelCodes(
        {
            "uniform": len(told) * math.log2(classes),
            "two_part": two_part,
            "variational": variational,
            "prequential_block": float(trace[:, 2].sum()),
            "switch": count_switch_bits(trace),
        },
        {code: float(np.mean(net.predict(own, asked).argmax(axis=1) == right)) for code, own in weights.items()},
    )


def trace_block_bits(net: SoftmaxNet, design: Array, labels: Labels, boundaries: Sequence[int], seed: int) -> Array:
    """Bits of each label (n, 1 + strengths): uniform, then by the fit of each strength to the blocks before its own."""
    bits = np.full((len(labels), 1 + len(STRENGTHS)), math.log2(net.classes))
    for begin, end in itertools.pairwise([*boundaries, len(labels)]):
        for column, strength in enumerate(STRENGTHS, 1):
            weights = net.fit(design[:begin], labels[:begin], strength, seed)
            bits[begin:end, column] = count_given(net.predict(weights, design[begin:end]), labels[begin:end])
    return bits


def round_weights(net: SoftmaxNet, design: Array, labels: Labels, fits: Sequence[Array]) -> tuple[Array, float]:
    """Rounded weights and the whole length: the weights as multiples of a step, then the labels by them.

    A multiple costs −log2 of its share of a normal law of its layer's own deviation, which is sent in 32 bits. Which of
    the `fits` and which step are the best pair, whose name is paid for too.
    """
    found = []
    for weights in fits:
        for step in STEPS:
            rounded = step * np.round(weights / step)
            bits = 0.0
            for layer, own in zip(net.split(weights), net.split(rounded), strict=True):
                deviation = float(np.sqrt(np.mean(layer**2)))
                mass = ndtr((np.abs(own) + step / 2) / deviation) - ndtr((np.abs(own) - step / 2) / deviation)
                bits += -float(np.log2(np.maximum(mass, 1e-300)).sum()) + SHARED_BITS
            bits += float(count_given(net.predict(rounded, design), labels).sum()) + math.log2(len(fits) * len(STEPS))
            found.append((bits, rounded))
    bits, rounded = min(found, key=lambda pair: pair[0])
    return rounded, bits
