"""The modern Transformer language model (Vaswani et al. 2017) with the parts that pay at every size.

Rotary positions (Su et al. 2021), RMS-normalised queries and keys (Henry et al. 2020, Dehghani et al. 2023), ReLU²
(So et al. 2021), zero-initialised output projections, untied embedding and readout, no biases. Heads are wide (32): at
small widths a wider head costs less and loses nothing.

Shapes: B windows, T tokens, W width, H heads, V vocabulary.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lab.families import Group, Shape
from lab.families.stacks import Stack

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True)
class Transformer(Stack):
    """One size dial, `width`; `layers` follows it (1 + width // 32) unless given.

    `head_width`: width of a head where `width` allows one; `expansion`: width of the feed-forward layer over `width`.
    """

    def build(self, shape: Shape) -> nn.Module:
        """A `lab.families.nets.transformer.TransformerNet`."""
        from lab.families.nets.transformer import Block, TransformerNet

        blocks = (Block(self.width, self.heads, self.expansion) for _ in range(self.depth))
        return TransformerNet(shape.vocabulary, self.width, self.heads, blocks)

    def count_parameters(self, shape: Shape) -> dict[Group, int]:
        """Body: (4 + 2·expansion)·W² a block; each table: V·W."""
        table = shape.vocabulary * self.width
        body = self.depth * (self.attention_parameters + self.forward_parameters)
        return {"embedding": table, "body": body, "readout": table}

    def count_forward_flops(self, shape: Shape) -> int:
        """2 per weight of body and readout and token, and 4·T²·W a block for scores and their use."""
        counts = self.count_parameters(shape)
        weights = counts["body"] + counts["readout"]
        return 2 * weights * shape.window + self.depth * self.count_score_flops(shape)


family = Transformer
