"""The gated recurrent unit as a language model (Cho et al. 2014, arXiv 1406.1078).

Torch's fused cell: the reset gate acts on U h_{t−1} + b, behind the product and not before it as in the paper, which is
what allows one product for all gates. The recurrent matrices start orthogonal (Saxe et al. 2014, arXiv 1312.6120).

Shapes: B windows, T tokens, W width, V vocabulary.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lab.families import Shape
from lab.families.cells import RecurrentFamily

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True)
class GRU(RecurrentFamily):
    """Two gates and a candidate."""

    gates = 3

    def build(self, shape: Shape) -> nn.Module:
        """A `lab.families.nets.gru.GRUNet`."""
        from lab.families.nets.gru import GRUNet

        return GRUNet(shape.vocabulary, self.width, self.layers)


family = GRU
