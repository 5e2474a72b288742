"""The plain Transformer language model, as GPT-2 has it (Radford et al. 2019, Language Models are Unsupervised
Multitask Learners), to compare the modern one with.

Learned positions, LayerNorm with gain and bias before each layer and at the end, GELU in its tanh form, biases, one
table for embedding and readout, matrices drawn from N(0, 0.02²) and those that write to the stream from
N(0, 0.02² / (2·layers)). Positions beyond the window have no vector: the net refuses them.

Shapes: B windows, T tokens, W width, H heads, V vocabulary.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lab.core.errors import InputError
from lab.families import Family, Group, Shape

if TYPE_CHECKING:
    from torch import nn

EXPANSION = 4  # width of the feed-forward layer over the stream's


@dataclass(frozen=True)
class GPT2Transformer(Family):
    """One size dial, `width`; `layers` follows it (1 + width // 32, as the modern one's) unless given.

    `head_width`: width of a head where `width` allows one (GPT-2 has 64). `dropout`: share of what enters the stream,
    of what each layer adds to it and of the attention weights that is dropped in training (GPT-2 has 0.1).
    """

    size_dial = "width"
    width: int = 64
    layers: int | None = None
    head_width: int = 32
    dropout: float = 0.0

    def __post_init__(self) -> None:
        if self.width < 1 or self.head_width < 1 or self.width % self.heads:
            raise InputError(
                "gpt2_transformer.width",
                self.width,
                f"a multiple of its {self.heads if self.head_width > 0 else 0} heads, head_width {self.head_width}",
                "widths such as 16, 32, 64, 128 with heads of 16, 32 or 64 fit",
            )
        if self.depth < 1 or not 0 <= self.dropout < 1:
            rule = "layers at least 1, dropout in [0, 1)"
            raise InputError("gpt2_transformer", f"layers {self.layers}, dropout {self.dropout}", rule)

    @property
    def depth(self) -> int:
        """Number of blocks."""
        return 1 + self.width // 32 if self.layers is None else self.layers

    @property
    def heads(self) -> int:
        """Number of attention heads."""
        return max(1, self.width // self.head_width)

    def build(self, shape: Shape) -> nn.Module:
        """A `lab.families.nets.gpt2_transformer.GPT2Net`."""
        from lab.families.nets.gpt2_transformer import GPT2Net

        return GPT2Net(shape, self.width, self.depth, self.heads, EXPANSION, self.dropout)

    def group_of(self, parameter: str) -> Group:
        """By the name of the module; the one table is the readout's, the positions are the embedding."""
        return {"positions": "embedding", "readout": "readout"}.get(parameter.split(".")[0], "body")  # type: ignore[return-value]

    def count_parameters(self, shape: Shape) -> dict[Group, int]:
        """Body: 12·W² weights and 13·W biases and gains a block, 2·W of the last norm.

        The tied table of V·W counts once and as readout, because it is multiplied there: body + readout is then the
        number of weights that every token is multiplied by, as in the other families. Embedding: positions, T·W.
        """
        block = (4 + 2 * EXPANSION) * self.width**2 + (9 + EXPANSION) * self.width
        return {
            "embedding": shape.window * self.width,
            "body": self.depth * block + 2 * self.width,
            "readout": shape.vocabulary * self.width,
        }

    def count_forward_flops(self, shape: Shape) -> int:
        """2 per matrix weight and token, and 4·T²·W a block for scores and their use."""
        matrices = self.depth * (4 + 2 * EXPANSION) * self.width**2 + shape.vocabulary * self.width
        return 2 * matrices * shape.window + self.depth * 4 * shape.window**2 * self.width


family = GPT2Transformer
