"""The MLP-Mixer as a language model (Tolstikhin et al. 2021, arXiv 2105.01601), its token mixing made causal.

A block mixes tokens, X + L₂·gelu(L₁·norm(X)) with two lower-triangular T × T matrices common to all channels, and then
channels, X + gelu(norm(X)·A)·B. Which token stands where is known only by the rows of L₁ and L₂: the window is part of
the net, and it refuses tokens beyond. Normalisation, zero-initialised projections and untied tables are those of the
modern Transformer, so that a difference between the two is one of how tokens are mixed.

Shapes: B windows, T tokens (at most the window), W width, V vocabulary.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lab.core.errors import InputError
from lab.families import Family, Group, Shape

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True)
class MLPMixer(Family):
    """One size dial, `width`; `layers` follows it (1 + width // 32, as the Transformer's) unless given.

    `expansion`: width of the hidden layer of the channel mixing over `width`; that of the token mixing is the window.
    """

    size_dial = "width"
    width: int = 64
    layers: int | None = None
    expansion: int = 4

    def __post_init__(self) -> None:
        if self.width < 1 or self.depth < 1 or self.expansion < 1:
            received = f"width {self.width}, layers {self.layers}, expansion {self.expansion}"
            raise InputError("mlp_mixer", received, "all at least 1")

    @property
    def depth(self) -> int:
        """Number of blocks."""
        return 1 + self.width // 32 if self.layers is None else self.layers

    def build(self, shape: Shape) -> nn.Module:
        """A `lab.families.nets.mlp_mixer.MLPMixerNet`."""
        from lab.families.nets.mlp_mixer import MLPMixerNet

        return MLPMixerNet(shape, self.width, self.depth, self.expansion)

    def group_of(self, parameter: str) -> Group:
        """By the name of the module."""
        return {"embedding": "embedding", "readout": "readout"}.get(parameter.split(".")[0], "body")  # type: ignore[return-value]

    def count_parameters(self, shape: Shape) -> dict[Group, int]:
        """Body: two triangles of T·(T + 1) / 2 and two matrices of expansion·W² a block; each table: V·W."""
        table = shape.vocabulary * self.width
        block = shape.window * (shape.window + 1) + 2 * self.expansion * self.width**2
        return {"embedding": table, "body": self.depth * block, "readout": table}

    def count_forward_flops(self, shape: Shape) -> int:
        """2 per matrix weight of channels and readout and token, and 4·T²·W a block: whole squares are multiplied."""
        channels = self.depth * 2 * self.expansion * self.width**2 + shape.vocabulary * self.width
        return 2 * channels * shape.window + self.depth * 4 * shape.window**2 * self.width


family = MLPMixer
