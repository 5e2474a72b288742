"""What the nets of recurrent cells share: embedding, torch's fused cells, readout, and the same cells step by step.

Shapes: B windows, T tokens, W width, G gates, V vocabulary.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar, TypeAlias

import torch
from torch import Tensor, nn
from torch.nn import functional as F

Memory: TypeAlias = tuple[Tensor, ...]  # of one layer: its last output first, each (B, W)
State: TypeAlias = Any  # that of torch's cells, or each layer's memory: whatever `advance` gave


class RecurrentNet(nn.Module, ABC):
    """Embedding, cells, readout; every window starts from a zero state.

    `dropout` acts on what goes into a layer and on what the last puts out, never from a step to the next (Zaremba et
    al. 2014, section 3.1). `memories`: how many tensors a layer carries from step to step.
    """

    cell_class: ClassVar[type[nn.RNN | nn.GRU | nn.LSTM]]
    memories: ClassVar[int] = 1

    def __init__(self, vocabulary: int, width: int, layers: int, dropout: float = 0.0) -> None:
        super().__init__()
        self.dropout = dropout
        self.embedding = nn.Embedding(vocabulary, width)
        between = dropout if layers > 1 else 0.0
        self.cells = self.cell_class(width, width, layers, batch_first=True, dropout=between)
        # Unlike the Transformer's, this readout does not start at zero: that cost 0.2 nats at 0.5 M tokens.
        self.readout = nn.Linear(width, vocabulary, bias=False)

    def forward(self, tokens_BT: Tensor) -> Tensor:
        """`logits_BTV`."""
        return self.advance(tokens_BT, None)[0]

    def advance(self, tokens_BT: Tensor, state: State | None) -> tuple[Tensor, State]:
        """`logits_BTV` of tokens that follow on those the state has read, and the state behind them."""
        inputs_BTW = self._drop(self.embedding(tokens_BT))
        outputs_BTW, state = self.cells(inputs_BTW, state)
        return self.readout(self._drop(outputs_BTW)), state

    def reference_forward(self, tokens_BT: Tensor) -> Tensor:
        """The same, one layer and one step after another."""
        return self._advance_stepwise(tokens_BT, None)[0]

    @abstractmethod
    def step(self, gates_BG: Tensor, memory: Memory, layer: int) -> Memory:
        """The layer's memory after one token: `gates_BG` is what the input adds to the gates, its bias included."""

    def carry(self, memory: Memory) -> Memory:
        """What a layer's memory is when the next step reads it."""
        return memory

    def find_weights(self, kind: str, layer: int) -> tuple[Tensor, Tensor]:
        """Matrix and bias of the layer onto its gates: from the input ('ih') or from the last output ('hh')."""
        return getattr(self.cells, f"weight_{kind}_l{layer}"), getattr(self.cells, f"bias_{kind}_l{layer}")

    @torch.no_grad()
    def permute_units(self, chance: torch.Generator) -> None:
        """Reorders the embedding's channels and each layer's cells; the function stays what it was."""
        width = self.cells.hidden_size
        below = torch.randperm(width, generator=chance)
        self.embedding.weight.copy_(self.embedding.weight[:, below])
        for layer in range(self.cells.num_layers):
            own = torch.randperm(width, generator=chance)
            self.permute_layer(layer, below, own)
            below = own
        self.readout.weight.copy_(self.readout.weight[:, below])

    def permute_layer(self, layer: int, below: Tensor, own: Tensor) -> None:
        """Reorders the cells of one layer by `own` where what they read was reordered by `below`."""
        for kind, columns in (("ih", below), ("hh", own)):
            matrix, bias = self.find_weights(kind, layer)
            gates = (torch.arange(len(bias) // len(own))[:, None] * len(own) + own).flatten()
            matrix.copy_(matrix[gates][:, columns])
            bias.copy_(bias[gates])

    def _advance_stepwise(self, tokens_BT: Tensor, state: list[Memory] | None) -> tuple[Tensor, list[Memory]]:
        stream_BTW, after = self.embedding(tokens_BT), []
        for layer in range(self.cells.num_layers):
            gates_BTG = F.linear(self._drop(stream_BTW), *self.find_weights("ih", layer))
            nothing_BW = stream_BTW.new_zeros(stream_BTW.shape[0], stream_BTW.shape[2])
            memory: Memory = self.memories * (nothing_BW,) if state is None else state[layer]
            outputs = []
            for gates_BG in gates_BTG.unbind(dim=1):
                memory = self.step(gates_BG, self.carry(memory), layer)
                outputs.append(memory[0])
            stream_BTW = torch.stack(outputs, dim=1)
            after.append(memory)
        return self.readout(self._drop(stream_BTW)), after

    def _drop(self, x: Tensor) -> Tensor:
        return F.dropout(x, self.dropout, self.training)


def make_orthogonal(cells: nn.RNNBase) -> None:
    """Starts the recurrent matrix of every gate orthogonal, and every bias at zero."""
    for name, parameter in cells.named_parameters():
        if name.startswith("bias"):
            nn.init.zeros_(parameter)
        elif name.startswith("weight_hh"):
            for matrix_WW in parameter.data.view(-1, cells.hidden_size, cells.hidden_size):
                nn.init.orthogonal_(matrix_WW)
