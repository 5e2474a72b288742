"""The net of `lab.families.gru`. Shapes: B windows, G = 3·W gates, W width."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional as F

from lab.families.nets.recurrent import Memory, RecurrentNet, make_orthogonal


class GRUNet(RecurrentNet):
    """The gated recurrent unit: its memory is its last output."""

    cell_class = nn.GRU

    def __init__(self, vocabulary: int, width: int, layers: int) -> None:
        super().__init__(vocabulary, width, layers)
        make_orthogonal(self.cells)

    def step(self, gates_BG: Tensor, memory: Memory, layer: int) -> Memory:
        """One token; torch orders the gates: reset, keep, candidate."""
        output = memory[0]
        reset_in, keep_in, candidate_in = gates_BG.chunk(3, dim=-1)
        reset_state, keep_state, candidate_state = F.linear(output, *self.find_weights("hh", layer)).chunk(3, dim=-1)
        reset, keep = (reset_in + reset_state).sigmoid(), (keep_in + keep_state).sigmoid()
        candidate = (candidate_in + reset * candidate_state).tanh()
        return (candidate + keep * (output - candidate),)
