"""A gated recurrent unit that reads a signal both ways (Cho et al. 2014, arXiv 1406.1078; Schuster and Paliwal 1997).

A picture is read row by row. The readout sees the states of every place.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lab.core.errors import InputError
from lab.families import Group
from lab.families.classifiers import Classifier, ExampleShape

if TYPE_CHECKING:
    from torch import nn

GATES, WAYS = 3, 2


@dataclass(frozen=True)
class GRU(Classifier):
    """One size dial, `width`, of the state of each of the two ways."""

    size_dial = "width"
    width: int = 6

    def __post_init__(self) -> None:
        if self.width < 1:
            raise InputError("gru.width", self.width, "at least 1")

    @property
    def layers(self) -> int:
        """The recurrence and the readout."""
        return 2

    def build(self, shape: ExampleShape) -> nn.Module:
        """A `lab.families.nets.signals.SignalGRU`."""
        from lab.families.nets.signals import SignalGRU

        return SignalGRU(shape.numbers // shape.places[0], shape.places[0], shape.classes, self.width)

    def count_parameters(self, shape: ExampleShape) -> dict[Group, int]:
        """Body: 2 ways of 3 gates of (d + W + 2)·W, d numbers of a place or row; readout: (2·T·W + 1)·K."""
        numbers, steps = shape.numbers // shape.places[0], shape.places[0]
        body = WAYS * GATES * (numbers + self.width + 2) * self.width
        return {"embedding": 0, "body": body, "readout": (WAYS * steps * self.width + 1) * shape.classes}

    def count_forward_flops(self, shape: ExampleShape) -> int:
        """2 per matrix weight and place, and 2 per weight of the readout."""
        numbers, steps = shape.numbers // shape.places[0], shape.places[0]
        cells = WAYS * GATES * (numbers + self.width) * self.width
        return 2 * steps * (cells + WAYS * self.width * shape.classes)


family = GRU
