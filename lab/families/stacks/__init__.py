"""What Transformers share: the dials of a stack of blocks, their checks, and what one block's attention takes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from lab.core.errors import InputError
from lab.families import Family, Group, Shape


@dataclass(frozen=True)
class Stack(Family):
    """One size dial, `width`; `layers` follows it (1 + width // 32) unless given.

    `head_width`: width of a head where `width` allows one; `expansion`: width of a feed-forward layer over `width`.
    """

    size_dial: ClassVar[str] = "width"
    width: int = 64
    layers: int | None = None
    head_width: int = 32
    expansion: int = 4

    def __post_init__(self) -> None:
        name = type(self).__module__.rpartition(".")[2]
        if self.head_width < 1 or self.width < 4 or self.width % (2 * self.heads):
            raise InputError(
                f"{name}.width",
                self.width,
                f"a multiple of {2 * self.heads} (2 × heads) and at least 4",
                "widths such as 16, 24, 32, 48, 64, 96, 128 fit",
            )
        if self.depth < 1 or self.expansion < 1:
            raise InputError(name, f"layers {self.layers}, expansion {self.expansion}", "both at least 1")

    @property
    def depth(self) -> int:
        """Number of blocks."""
        return 1 + self.width // 32 if self.layers is None else self.layers

    @property
    def heads(self) -> int:
        """Number of attention heads."""
        return max(1, self.width // self.head_width)

    def group_of(self, parameter: str) -> Group:
        """By the name of the module."""
        return {"embedding": "embedding", "readout": "readout"}.get(parameter.split(".")[0], "body")  # type: ignore[return-value]

    @property
    def attention_parameters(self) -> int:
        """Of one block: 4·W²."""
        return 4 * self.width**2

    @property
    def forward_parameters(self) -> int:
        """Of one dense feed-forward layer: 2·expansion·W²."""
        return 2 * self.expansion * self.width**2

    def count_score_flops(self, shape: Shape) -> int:
        """4·T²·W: scores of one block's attention over the window, and their use."""
        return 4 * shape.window**2 * self.width
