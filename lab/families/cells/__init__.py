"""What the families of recurrent cells share: an embedding, cells on top of each other, a readout."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from lab.core.errors import InputError
from lab.families import Family, Group, Shape


@dataclass(frozen=True)
class RecurrentFamily(Family):
    """One size dial, `width` (of embedding and cells); `layers` cells on top of each other.

    A cell of G gates reads its input and its own last output by G matrices W × W each, with a bias each.
    """

    size_dial = "width"
    gates: ClassVar[int]
    width: int = 64
    layers: int = 1

    def __post_init__(self) -> None:
        if self.width < 1 or self.layers < 1:
            subject = type(self).__name__.lower()
            raise InputError(subject, f"width {self.width}, layers {self.layers}", "both at least 1")

    def group_of(self, parameter: str) -> Group:
        """By the name of the module."""
        return {"embedding": "embedding", "readout": "readout"}.get(parameter.split(".")[0], "body")  # type: ignore[return-value]

    def count_parameters(self, shape: Shape) -> dict[Group, int]:
        """Body: 2G matrices W × W and as many biases a layer; each table: V·W."""
        table = shape.vocabulary * self.width
        cell = 2 * self.gates * (self.width**2 + self.width)
        return {"embedding": table, "body": self.layers * cell, "readout": table}

    def count_forward_flops(self, shape: Shape) -> int:
        """2 per matrix weight and token."""
        matrices = self.layers * 2 * self.gates * self.width**2
        return 2 * shape.window * (matrices + shape.vocabulary * self.width)
