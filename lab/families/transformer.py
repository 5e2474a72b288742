"""The modern Transformer language model (Vaswani et al. 2017) with the parts that pay at every size.

Rotary positions (Su et al. 2021), RMS-normalised queries and keys (Henry et al. 2020, Dehghani et al. 2023), ReLU²
(So et al. 2021), zero-initialised output projections, untied embedding and readout, no biases. Heads are wide (32): at
small widths a wider head costs less and loses nothing.

Shapes: B windows, T tokens, W width, H heads, V vocabulary.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lab.core.errors import InputError
from lab.families import Family, Group, Shape

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True)
class Transformer(Family):
    """One size dial, `width`; `layers` follows it (1 + width // 32) unless given.

    `head_width`: width of a head where `width` allows one; `expansion`: width of the feed-forward layer over `width`.
    """

    size_dial = "width"
    width: int = 64
    layers: int | None = None
    head_width: int = 32
    expansion: int = 4

    def __post_init__(self) -> None:
        if self.width < 4 or self.width % (2 * self.heads):
            raise InputError(
                "transformer.width",
                self.width,
                f"a multiple of {2 * self.heads} (2 × heads) and at least 4",
                "widths such as 16, 24, 32, 48, 64, 96, 128 fit",
            )
        if self.depth < 1 or self.expansion < 1:
            raise InputError("transformer", f"layers {self.layers}, expansion {self.expansion}", "both at least 1")

    @property
    def depth(self) -> int:
        """Number of blocks."""
        return 1 + self.width // 32 if self.layers is None else self.layers

    @property
    def heads(self) -> int:
        """Number of attention heads."""
        return max(1, self.width // self.head_width)

    def build(self, shape: Shape) -> nn.Module:
        """A `lab.families.nets.transformer.TransformerNet`."""
        from lab.families.nets.transformer import TransformerNet

        return TransformerNet(shape.vocabulary, self.width, self.depth, self.heads, self.expansion)

    def group_of(self, parameter: str) -> Group:
        """By the name of the module."""
        return {"embedding": "embedding", "readout": "readout"}.get(parameter.split(".")[0], "body")  # type: ignore[return-value]

    def count_parameters(self, shape: Shape) -> dict[Group, int]:
        """Body: (4 + 2·expansion)·W² a block; each table: V·W."""
        table = shape.vocabulary * self.width
        block = (4 + 2 * self.expansion) * self.width**2
        return {"embedding": table, "body": self.depth * block, "readout": table}

    def count_forward_flops(self, shape: Shape) -> int:
        """2 per weight of body and readout and token, and 4·T²·W a block for scores and their use."""
        counts = self.count_parameters(shape)
        weights = counts["body"] + counts["readout"]
        return 2 * weights * shape.window + self.depth * 4 * shape.window**2 * self.width


family = Transformer
