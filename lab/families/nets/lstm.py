"""The nets of `lab.families.lstm`. Shapes: B windows, T tokens, G = 4·W gates, W width, V vocabulary."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from lab.families.nets.recurrent import Memory, RecurrentNet, State


class LSTMNet(RecurrentNet):
    """Torch's fused LSTM cells; a layer's memory is what it put out and what it remembers."""

    cell_class = nn.LSTM
    memories = 2

    def __init__(self, vocabulary: int, width: int, layers: int, dropout: float = 0.0) -> None:
        super().__init__(vocabulary, width, layers, dropout)
        for layer in range(layers):
            bias = self.find_weights("ih", layer)[1]
            nn.init.ones_(bias.data[width : 2 * width])  # torch orders the gates: input, forget, cell, output

    def step(self, gates_BG: Tensor, memory: Memory, layer: int) -> Memory:
        """One token."""
        output, cell = memory
        write, forget, candidate, show = (gates_BG + F.linear(output, *self.find_weights("hh", layer))).chunk(4, dim=-1)
        cell = forget.sigmoid() * cell + write.sigmoid() * candidate.tanh()
        return show.sigmoid() * cell.tanh(), cell


class SteppedLSTMNet(LSTMNet):
    """The same cells in a loop of our own, whose last output may be dropped out on its way to the next step."""

    def __init__(self, vocabulary: int, width: int, layers: int, dropout: float, recurrent_dropout: float) -> None:
        super().__init__(vocabulary, width, layers, dropout)
        self.recurrent_dropout = recurrent_dropout

    def advance(self, tokens_BT: Tensor, state: State | None) -> tuple[Tensor, State]:
        """`logits_BTV` of tokens that follow on those the state has read, and each layer's memory behind them."""
        return self._advance_stepwise(tokens_BT, state)

    def carry(self, memory: Memory) -> Memory:
        """The output with its mask, the memory whole."""
        output, cell = memory
        return F.dropout(output, self.recurrent_dropout, self.training), cell


class PeepholeLSTMNet(SteppedLSTMNet):
    """LSTM cells whose gates see the memory: two the last one, the output gate the new one (Gers & Schmidhuber 2000).

    A peephole is a vector, one weight from each cell to its own gate; zero at the start, where it is a plain LSTM.
    """

    def __init__(self, vocabulary: int, width: int, layers: int, dropout: float, recurrent_dropout: float) -> None:
        super().__init__(vocabulary, width, layers, dropout, recurrent_dropout)
        # Vectors, not a matrix of three rows: Muon takes every matrix for a map.
        self.peepholes = nn.ParameterList(torch.zeros(3 * width) for _ in range(layers))

    def step(self, gates_BG: Tensor, memory: Memory, layer: int) -> Memory:
        """One token."""
        output, cell = memory
        write, forget, candidate, show = (gates_BG + F.linear(output, *self.find_weights("hh", layer))).chunk(4, dim=-1)
        to_write, to_forget, to_show = self.peepholes[layer].chunk(3)
        cell = (forget + to_forget * cell).sigmoid() * cell + (write + to_write * cell).sigmoid() * candidate.tanh()
        return (show + to_show * cell).sigmoid() * cell.tanh(), cell

    def permute_layer(self, layer: int, below: Tensor, own: Tensor) -> None:
        """The peepholes too."""
        super().permute_layer(layer, below, own)
        peepholes = self.peepholes[layer].view(3, -1)
        peepholes.copy_(peepholes[:, own])
