"""The Transformer that foretells several tokens at once (Gloeckle et al. 2024, arXiv 2404.19737).

Heads on a shared trunk, one block each and one readout for all: head i foretells the token i ahead. The mean of their
losses is minimised; the next token, and with it every evaluation, is the first head's, whose path is a Transformer of
`layers` blocks. The others may be dropped, or draft what the first verifies (blockwise decoding, Stern et al. 2018).

Shapes: B windows, T tokens, W width, V vocabulary, n heads.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lab.core.errors import InputError
from lab.families import Group, Shape
from lab.families.stacks import Stack

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True)
class MultiTokenTransformer(Stack):
    """One size dial, `width`; `layers` counts the trunk's blocks and the first head's.

    `foretold`: tokens foretold at once; each beyond the first is one more block in training (the paper takes as many
    from the trunk, so that the parameters stay as many: set `layers` so).
    """

    foretold: int = 4

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.foretold < 1:
            raise InputError("multi_token_transformer.foretold", self.foretold, "at least 1")

    def build(self, shape: Shape) -> nn.Module:
        """A `lab.families.nets.multi_token_transformer.MultiTokenNet`."""
        from lab.families.nets.multi_token_transformer import MultiTokenNet
        from lab.families.nets.transformer import Block

        path, futures = (
            (Block(self.width, self.heads, self.expansion) for _ in range(count))
            for count in (self.depth, self.foretold - 1)
        )
        return MultiTokenNet(shape.vocabulary, self.width, self.heads, path, futures)

    def count_parameters(self, shape: Shape) -> dict[Group, int]:
        """Body: (4 + 2·expansion)·W² a block of trunk or head; each table: V·W."""
        table = shape.vocabulary * self.width
        return {"embedding": table, "body": self._count_blocks(self.depth + self.foretold - 1), "readout": table}

    def count_active(self, shape: Shape) -> int:
        """Those on the first head's path."""
        return self._count_blocks(self.depth) + 2 * shape.vocabulary * self.width

    def count_forward_flops(self, shape: Shape) -> int:
        """Of the first head: 2 per weight and token, and 4·T²·W a block for scores and their use."""
        weights = self._count_blocks(self.depth) + shape.vocabulary * self.width
        return 2 * weights * shape.window + self.depth * self.count_score_flops(shape)

    def count_training_flops(self, shape: Shape) -> int:
        """Three forward passes of all heads, each with its block and the readout."""
        weights = self._count_blocks(1) + shape.vocabulary * self.width
        head = 2 * weights * shape.window + self.count_score_flops(shape)
        return 3 * (self.count_forward_flops(shape) + (self.foretold - 1) * head)

    def _count_blocks(self, blocks: int) -> int:
        return blocks * (self.attention_parameters + self.forward_parameters)


family = MultiTokenTransformer
