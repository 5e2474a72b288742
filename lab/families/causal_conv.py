"""Causal dilated convolutions (WaveNet, van den Oord et al. 2016, arXiv 1609.03499; ByteNet, Kalchbrenner et al. 2016,
arXiv 1610.10099).

A layer convolves the normalised stream with `taps` taps, each 2^l tokens before the last, gates it, tanh(F) ⊙ σ(G),
and adds a projection of it to the stream; l counts up to `cycle` and begins again. A net therefore sees its receptive
field, 1 + (taps − 1) · Σ 2^l tokens, and nothing before. Normalisation, zero-initialised projections and untied tables
are those of the modern Transformer, so that a difference between the two is one of how tokens are mixed.

Shapes: B windows, T tokens, W width, K taps, V vocabulary.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lab.core.errors import InputError
from lab.families import Family, Group, Shape

if TYPE_CHECKING:
    from torch import nn

LONGEST_CYCLE = 16  # dilations up to 2^15


@dataclass(frozen=True)
class CausalConv(Family):
    """One size dial, `width`; `layers` convolutions of `taps` taps, dilated 1, 2, 4, … and anew after `cycle`.

    The default sees 128 tokens.
    """

    size_dial = "width"
    width: int = 64
    layers: int = 7
    taps: int = 2
    cycle: int = 7

    def __post_init__(self) -> None:
        if self.width < 1 or self.layers < 1 or self.taps < 2 or not 1 <= self.cycle <= LONGEST_CYCLE:
            raise InputError(
                "causal_conv",
                f"width {self.width}, layers {self.layers}, taps {self.taps}, cycle {self.cycle}",
                f"width and layers at least 1, taps at least 2, cycle from 1 to {LONGEST_CYCLE}",
            )

    @property
    def receptive_field(self) -> int:
        """How many tokens, the last included, a prediction depends on."""
        whole, rest = divmod(self.layers, self.cycle)
        return 1 + (self.taps - 1) * (whole * ((1 << self.cycle) - 1) + (1 << rest) - 1)

    def build(self, shape: Shape) -> nn.Module:
        """A `lab.families.nets.causal_conv.CausalConvNet`."""
        from lab.families.nets.causal_conv import CausalConvNet

        dilations = [2 ** (layer % self.cycle) for layer in range(self.layers)]
        return CausalConvNet(shape.vocabulary, self.width, self.taps, dilations)

    def group_of(self, parameter: str) -> Group:
        """By the name of the module."""
        return {"embedding": "embedding", "readout": "readout"}.get(parameter.split(".")[0], "body")  # type: ignore[return-value]

    def count_parameters(self, shape: Shape) -> dict[Group, int]:
        """Body: 2·K + 1 matrices of W × W and two biases a layer; each table: V·W."""
        table = shape.vocabulary * self.width
        layer = (2 * self.taps + 1) * self.width**2 + 2 * self.width
        return {"embedding": table, "body": self.layers * layer, "readout": table}

    def count_forward_flops(self, shape: Shape) -> int:
        """2 per matrix weight and token."""
        matrices = self.layers * (2 * self.taps + 1) * self.width**2 + shape.vocabulary * self.width
        return 2 * matrices * shape.window


family = CausalConv
