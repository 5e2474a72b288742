"""Families that classify: one file, one family. This door holds what each of them is.

Shapes: B examples, C channels, then the places (height and width, or length), K classes.
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING

from lab.families import Architecture, Group

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True)
class ExampleShape:
    """What the data demand of a net: inputs of these lengths, channels first, and `classes`."""

    inputs: tuple[int, ...]
    classes: int

    @property
    def channels(self) -> int:
        """C."""
        return self.inputs[0]

    @property
    def places(self) -> tuple[int, ...]:
        """Height and width, or length."""
        return self.inputs[1:]

    @property
    def numbers(self) -> int:
        """In one input."""
        return prod(self.inputs)


class Classifier(Architecture[ExampleShape]):
    """A kind of net that names one of K classes.

    The net that `build` returns maps `inputs` (float32, (B, C, …)) to `logits_BK` and offers `reference_forward`, the
    same function in products that torch's FLOP counter can see. Its readout starts at zero: the first loss is ln K.
    """

    @abstractmethod
    def build(self, shape: ExampleShape) -> nn.Module:
        """The net, initialised from torch's global generator."""

    @property
    def layers(self) -> int:
        """Layers of weights from the input to the logits, those of a recurrence once."""
        raise NotImplementedError

    def group_of(self, parameter: str) -> Group:
        """'readout' by the name of the module, else 'body'; there is no table to embed inputs by."""
        return "readout" if parameter.split(".")[0] == "readout" else "body"
