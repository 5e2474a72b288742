"""The recurrent language model of Elman (1990): h_t = tanh(W x_t + U h_{t−1} + b).

Torch's fused cell. The recurrent matrices start orthogonal (Saxe et al. 2014, arXiv 1312.6120), so that a state neither
dies out nor grows before anything is learned.

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
class RNN(RecurrentFamily):
    """One matrix reads the input, one the state."""

    gates = 1

    def build(self, shape: Shape) -> nn.Module:
        """A `lab.families.nets.rnn.RNNNet`."""
        from lab.families.nets.rnn import RNNNet

        return RNNNet(shape.vocabulary, self.width, self.layers)


family = RNN
