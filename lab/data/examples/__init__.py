"""Labelled examples: one file, one source. This door holds what every source of examples is.

Where a `lab.data.Source` yields windows of tokens, one of these yields inputs with a label each: pictures, or signals
of one dimension. Shapes: n examples, C channels, then the places: height and width, or length.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar, Literal, NamedTuple

import numpy as np
from scipy import ndimage

from lab.core.errors import InputError
from lab.core.seeds import open_stream
from lab.data.holdings import Holding

HELDOUT_SEED = -1  # no run has it


class Examples(NamedTuple):
    """Inputs float32 (n, C, …), of mean 0 and deviation 1 over all that there are; labels int64 (n,), from 0 on."""

    inputs: np.ndarray
    labels: np.ndarray


@dataclass(frozen=True)
class ExampleSource(ABC):
    """A source of labelled examples; a subclass is a frozen dataclass whose fields are its dials.

    `label_noise`: share of the training labels that are replaced, each by one of the others, all alike (symmetric
    noise, Natarajan et al. 2013, NIPS). `shift`: how the held-out examples differ from those trained on, `severity` how
    much: 'translation' by as many places to either side, 'rotation' by as many degrees either way, 'noise' of as many
    deviations of the inputs. What a shift leaves empty takes the value of the edge.
    """

    version: ClassVar[int] = 1
    classes: ClassVar[int]
    shape: ClassVar[tuple[int, ...]]
    """Of one input: channels, then height and width, or length."""
    licence: ClassVar[str] = "none: generated"
    extent: ClassVar[str] = "endless"
    """How much there is of it, in words."""
    holding: ClassVar[Holding | None] = None
    """What has to be fetched before the source yields anything; None where it is built in."""

    label_noise: float = 0.0
    shift: Literal["none", "translation", "rotation", "noise"] = "none"
    severity: float = 1.0

    def __post_init__(self) -> None:
        if not 0 <= self.label_noise < 1:
            raise InputError("label_noise", self.label_noise, "is a share, at least 0 and below 1")
        if self.severity <= 0:
            raise InputError("severity", self.severity, "must be positive", "shift=none for no shift")
        if self.shift == "rotation" and len(self.shape) < 3:
            raise InputError("shift", self.shift, "a signal of one dimension cannot be turned", "translation or noise")

    @abstractmethod
    def content_hash(self) -> str:
        """SHA-256 of what the source yields at its dials' defaults: part of a run's identity."""

    @abstractmethod
    def count_most(self) -> int | None:
        """How many different training examples there are; None for no end."""

    @abstractmethod
    def draw_clean(self, seed: int, count: int) -> Examples:
        """The first `count` training examples of the order of `seed`, their labels right."""

    @abstractmethod
    def load_heldout(self) -> Examples:
        """The fixed examples that are never trained on, without a shift."""

    def training(self, seed: int, count: int) -> Examples:
        """The first `count` training examples of `seed`: more of them begin with the same. Raises `InputError`."""
        most = self.count_most()
        if count < 1 or (most is not None and count > most):
            raise InputError("examples", count, f"at least 1{f' and at most {most}' if most else ''}")
        inputs, labels = self.draw_clean(seed, count)
        chance = open_stream(seed, "examples", "label noise").random((count, 2))
        others = (labels + 1 + (chance[:, 1] * (self.classes - 1)).astype(np.int64)) % self.classes
        return Examples(inputs, np.where(chance[:, 0] < self.label_noise, others, labels))

    def heldout(self) -> Examples:
        """The fixed held-out examples, shifted as the dials say; the same for every run."""
        inputs, labels = self.load_heldout()
        rng = open_stream(HELDOUT_SEED, "examples", self.shift)
        if self.shift == "translation":
            inputs = _translate(inputs, self.severity, rng)
        elif self.shift == "rotation":
            inputs = _rotate(inputs, self.severity, rng)
        elif self.shift == "noise":
            inputs = inputs + np.float32(self.severity) * rng.standard_normal(inputs.shape, dtype=np.float32)
        return Examples(inputs, labels)


@dataclass(frozen=True)
class FixedExamples(ExampleSource):
    """A source of which there is a fixed set, split once."""

    @abstractmethod
    def load_split(self) -> tuple[Examples, Examples]:
        """All training examples, and the held-out ones; raises `RefusedError` before they are fetched."""

    def draw_clean(self, seed: int, count: int) -> Examples:
        """In random order."""
        inputs, labels = self.load_split()[0]
        order = open_stream(seed, "examples", "order").permutation(len(labels))[:count]
        return Examples(inputs[order], labels[order])

    def load_heldout(self) -> Examples:
        """As they were split."""
        return self.load_split()[1]


def _translate(inputs: np.ndarray, places: float, rng: np.random.Generator) -> np.ndarray:
    """Every example by `places` along each of its axes, either way."""
    ways = rng.choice([-1.0, 1.0], size=(len(inputs), inputs.ndim - 2))
    moved = [
        ndimage.shift(one, (0.0, *(places * way)), order=1, mode="nearest")
        for one, way in zip(inputs, ways, strict=True)
    ]
    return np.stack(moved)


def _rotate(inputs: np.ndarray, degrees: float, rng: np.random.Generator) -> np.ndarray:
    """Every picture by `degrees` about its middle, either way."""
    ways = rng.choice([-1.0, 1.0], size=len(inputs))
    turned = [
        ndimage.rotate(one, degrees * way, axes=(1, 2), reshape=False, order=1, mode="nearest")
        for one, way in zip(inputs, ways, strict=True)
    ]
    return np.stack(turned)
