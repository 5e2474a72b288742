"""The net of `lab.families.lstm`.

Shapes: B windows, T tokens, W width, V vocabulary.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

State = tuple[Tensor, Tensor]  # what the cells put out and what they remember, each (layers, B, W)


class LSTMNet(nn.Module):
    """Embedding, fused LSTM cells, readout; every window starts from a zero state."""

    def __init__(self, vocabulary: int, width: int, layers: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, width)
        self.cells = nn.LSTM(width, width, layers, batch_first=True)
        # Unlike the Transformer's, this readout does not start at zero: that cost 0.2 nats at 0.5 M tokens.
        self.readout = nn.Linear(width, vocabulary, bias=False)
        for layer in range(layers):
            bias = getattr(self.cells, f"bias_ih_l{layer}")
            nn.init.ones_(bias.data[width : 2 * width])  # torch orders the gates: input, forget, cell, output

    def forward(self, tokens_BT: Tensor) -> Tensor:
        """`logits_BTV`."""
        states_BTW, _ = self.cells(self.embedding(tokens_BT))
        logits_BTV: Tensor = self.readout(states_BTW)
        return logits_BTV

    def advance(self, tokens_BT: Tensor, state: State | None) -> tuple[Tensor, State]:
        """`logits_BTV` of tokens that follow on those the state has read, and the state behind them."""
        states_BTW, state = self.cells(self.embedding(tokens_BT), state)
        return self.readout(states_BTW), state

    def reference_forward(self, tokens_BT: Tensor) -> Tensor:
        """The same, one cell and one step after another."""
        states_BTW = self.embedding(tokens_BT)
        for layer in range(self.cells.num_layers):
            states_BTW = self._step_through(states_BTW, layer)
        logits_BTV: Tensor = self.readout(states_BTW)
        return logits_BTV

    def _step_through(self, inputs_BTW: Tensor, layer: int) -> Tensor:
        weight_in, weight_state, bias_in, bias_state = (
            getattr(self.cells, f"{kind}_l{layer}") for kind in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
        )
        state = inputs_BTW.new_zeros(inputs_BTW.shape[0], inputs_BTW.shape[2])
        memory, states = state, []
        for input_BW in inputs_BTW.unbind(dim=1):
            gates = F.linear(input_BW, weight_in, bias_in) + F.linear(state, weight_state, bias_state)
            write, forget, candidate, output = gates.chunk(4, dim=-1)
            memory = forget.sigmoid() * memory + write.sigmoid() * candidate.tanh()
            state = output.sigmoid() * memory.tanh()
            states.append(state)
        return torch.stack(states, dim=1)
