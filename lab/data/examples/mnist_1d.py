"""MNIST-1D (Greydanus and Kobak 2020, arXiv 2011.14439): signals of 40 places, ten classes, as many as are asked for.

Each class is a template of twelve points. It is padded by 36 to 60 zeros and stretched to 72 places, scaled by a factor
in 0.8 … 1.2, moved round by 0 to 47 places; smooth noise (deviation 0.25 before a Gaussian filter of 2 places) fills
what the template does not cover, white noise of deviation 0.02 lies over all; a line of slope in ±0.375 over the whole
length is taken off, and the signal is sampled at 40 places. The published set is 4000 and 1000 examples of this law.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter1d

from lab.core.errors import InputError
from lab.core.fingerprint import hash_literal
from lab.core.seeds import open_stream
from lab.data.examples import HELDOUT_SEED, Examples, ExampleSource

POINTS = (
    (5, 6, 6.5, 6.75, 7, 7, 7, 7, 6.75, 6.5, 6, 5),
    (5, 3, 3, 3.4, 3.8, 4.2, 4.6, 5, 5.4, 5.8, 5, 5),
    (5, 6, 6.5, 6.5, 6, 5.25, 4.75, 4, 3.5, 3.5, 4, 5),
    (5, 6, 6.5, 6.5, 6, 5, 5, 6, 6.5, 6.5, 6, 5),
    (5, 4.4, 3.8, 3.2, 2.6, 2.6, 5, 5, 5, 5, 5, 5),
    (5, 3, 3, 3, 3, 5, 6, 6.5, 6.5, 6, 4.5, 5),
    (5, 4, 3.5, 3.25, 3, 3, 3, 3, 3.25, 3.5, 4, 5),
    (5, 7, 7, 6.6, 6.2, 5.8, 5.4, 5, 4.6, 4.2, 5, 5),
    (5, 4, 3.5, 3.5, 4, 5, 5, 4, 3.5, 3.5, 4, 5),
    (5, 4, 3.5, 3.5, 4, 5, 5, 5, 5, 4.7, 4.3, 5),
)
TEMPLATE, PADDED, LENGTH = 12, 72, 40
LEAST_PADDING, MOST_PADDING, MOST_MOVED = 36, 60, 48
SCALE, SHEAR, SMOOTH_NOISE, SMOOTH_PLACES, WHITE_NOISE = 0.4, 0.75, 0.25, 2.0, 0.02
TEMPLATE_DEVIATIONS = 6.0  # by which the published templates are divided
MEAN, DEVIATION = -0.006, 0.155  # of all signals, before they are standardised


@dataclass(frozen=True)
class Mnist1D(ExampleSource):
    """`heldout_count`: how many are held out, the first of one fixed order. Every seed draws its own for training."""

    classes = 10
    shape = (1, LENGTH)

    heldout_count: int = 1000

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.heldout_count < 1:
            raise InputError("heldout_count", self.heldout_count, "must be at least 1")

    def content_hash(self) -> str:
        """The name says it all."""
        return hash_literal(["mnist_1d", self.version])

    def count_most(self) -> None:
        """No end."""
        return

    def draw_clean(self, seed: int, count: int) -> Examples:
        """Every class once in every ten."""
        inputs, labels = draw_signals(seed, count)
        return Examples(inputs[:, None, :], labels)

    def load_heldout(self) -> Examples:
        """Of a seed no run has."""
        return self.draw_clean(HELDOUT_SEED, self.heldout_count)


source = Mnist1D


def make_templates() -> np.ndarray:
    """The ten templates, (10, 12): standardised, moved to begin at 0, over six."""
    points = np.array(POINTS)
    standard = (points - points.mean(axis=1, keepdims=True)) / points.std(axis=1, keepdims=True)
    return np.asarray((standard - standard[:, :1]) / TEMPLATE_DEVIATIONS)


def draw_signals(seed: int, count: int) -> Examples:
    """`count` standardised signals (n, 40) and their classes; every use of chance a stream, a row an example."""

    def open_named(name: str) -> np.random.Generator:
        return open_stream(seed, "mnist_1d", name)

    blocks = -(-count // len(POINTS))
    labels = open_named("labels").random((blocks, len(POINTS))).argsort(axis=1).ravel()[:count]
    padding = open_named("padding").integers(LEAST_PADDING, MOST_PADDING + 1, size=count)
    signals, covered = _stretch(make_templates()[labels], padding)
    signals *= 1 + SCALE * (open_named("scale").random((count, 1)) - 0.5)
    moved = (np.arange(PADDED) - open_named("translation").integers(MOST_MOVED, size=(count, 1))) % PADDED
    signals, covered = (np.take_along_axis(each, moved, axis=1) for each in (signals, covered))
    smooth = SMOOTH_NOISE * open_named("smooth noise").standard_normal((count, PADDED))
    signals = np.where(covered, signals, gaussian_filter1d(smooth, SMOOTH_PLACES, axis=1))
    signals += WHITE_NOISE * open_named("white noise").standard_normal((count, PADDED))
    signals -= SHEAR * (open_named("shear").random((count, 1)) - 0.5) * np.linspace(-0.5, 0.5, PADDED)
    signals = _interpolate(signals, np.tile(np.linspace(0, PADDED - 1, LENGTH), (count, 1)))
    return Examples(((signals - MEAN) / DEVIATION).astype(np.float32), labels)


def _stretch(templates: np.ndarray, padding: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Each template behind it as many zeros, read at 72 places from end to end; and which places are the template's."""
    places = np.linspace(0, 1, PADDED) * (TEMPLATE + padding[:, None] - 1)
    padded = np.pad(templates, ((0, 0), (0, MOST_PADDING)))
    return _interpolate(padded, places), places < TEMPLATE


def _interpolate(values: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Rows of `values` read at fractional `places` (n, m), linearly between neighbours."""
    below = np.minimum(places.astype(np.int64), values.shape[1] - 2)
    left, right = (np.take_along_axis(values, below + k, axis=1) for k in (0, 1))
    return np.asarray(left + (right - left) * (places - below))
