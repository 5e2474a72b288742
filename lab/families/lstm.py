"""The LSTM language model (Hochreiter & Schmidhuber 1997; forget gate: Gers et al. 2000).

Torch's fused cell, no peepholes. The forget bias starts at 1 (Jozefowicz et al. 2015).

Shapes: B windows, T tokens, W width, V vocabulary.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lab.core.errors import InputError
from lab.families import Family, Group, Shape

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True)
class LSTM(Family):
    """One size dial, `width` (of embedding and cells); `layers` cells on top of each other."""

    size_dial = "width"
    width: int = 64
    layers: int = 1

    def __post_init__(self) -> None:
        if self.width < 1 or self.layers < 1:
            raise InputError("lstm", f"width {self.width}, layers {self.layers}", "both at least 1")

    def build(self, shape: Shape) -> nn.Module:
        """A `lab.families.nets.lstm.LSTMNet`."""
        from lab.families.nets.lstm import LSTMNet

        return LSTMNet(shape.vocabulary, self.width, self.layers)

    def group_of(self, parameter: str) -> Group:
        """By the name of the module."""
        return {"embedding": "embedding", "readout": "readout"}.get(parameter.split(".")[0], "body")  # type: ignore[return-value]

    def count_parameters(self, shape: Shape) -> dict[Group, int]:
        """Body: 4 gates of two W × W matrices and two biases a layer; each table: V·W."""
        table = shape.vocabulary * self.width
        return {"embedding": table, "body": self.layers * 8 * (self.width**2 + self.width), "readout": table}

    def count_forward_flops(self, shape: Shape) -> int:
        """2 per matrix weight and token."""
        return 2 * shape.window * (self.layers * 8 * self.width**2 + shape.vocabulary * self.width)


family = LSTM
