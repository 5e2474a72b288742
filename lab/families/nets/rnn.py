"""The net of `lab.families.rnn`. Shapes: B windows, G = W gates, W width."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional as F

from lab.families.nets.recurrent import Memory, RecurrentNet, make_orthogonal


class RNNNet(RecurrentNet):
    """Elman's cell: its memory is its last output."""

    cell_class = nn.RNN

    def __init__(self, vocabulary: int, width: int, layers: int) -> None:
        super().__init__(vocabulary, width, layers)
        make_orthogonal(self.cells)

    def step(self, gates_BG: Tensor, memory: Memory, layer: int) -> Memory:
        """One token."""
        return ((gates_BG + F.linear(memory[0], *self.find_weights("hh", layer))).tanh(),)
