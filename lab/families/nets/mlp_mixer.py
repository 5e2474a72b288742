"""The net of `lab.families.mlp_mixer`.

Shapes: B windows, T tokens, S tokens known to a layer (those before included), W width, V vocabulary.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from lab.families import Shape
from lab.families.nets.fused import normalize
from lab.families.nets.window import check_window

State = list[tuple[Tensor, Tensor]]  # of each block what L₁ and what L₂ has read, each B S W


class MLPMixerNet(nn.Module):
    """Embedding, blocks, readout."""

    def __init__(self, shape: Shape, width: int, depth: int, expansion: int) -> None:
        super().__init__()
        self.window = shape.window
        self.embedding = nn.Embedding(shape.vocabulary, width)
        self.blocks = nn.ModuleList(Block(shape.window, width, expansion) for _ in range(depth))
        self.readout = nn.Linear(width, shape.vocabulary, bias=False)
        # A zero readout makes the first prediction uniform: the loss starts at ln(vocabulary) exactly.
        nn.init.zeros_(self.readout.weight)

    def forward(self, tokens_BT: Tensor) -> Tensor:
        """`logits_BTV`; raises `LabError` beyond the window."""
        return self.advance(tokens_BT, None)[0]

    def reference_forward(self, tokens_BT: Tensor) -> Tensor:
        """The same: its products are all visible."""
        return self.forward(tokens_BT)

    def advance(self, tokens_BT: Tensor, state: State | None) -> tuple[Tensor, State]:
        """`logits_BTV` of tokens that follow on those the state has read, and the state behind them.

        Raises `LabError` beyond the window.
        """
        read = 0 if state is None else state[0][0].shape[1]
        check_window("mlp_mixer", read + tokens_BT.shape[1], self.window)
        stream_BTW, grown = normalize(self.embedding(tokens_BT)), State()
        for number, block in enumerate(self.blocks):
            stream_BTW, known = block(stream_BTW, None if state is None else state[number])
            grown.append(known)
        return self.readout(normalize(stream_BTW)), grown


class Block(nn.Module):
    """Token mixing and channel mixing, each added to the stream.

    `token_mixing` (T, T + 1) holds both triangles and nothing else: L₁ in and below its first diagonal, the transpose
    of L₂ above it. L₂ and the last matrix of the channels start at zero.
    """

    def __init__(self, window: int, width: int, expansion: int) -> None:
        super().__init__()
        counts = torch.arange(1.0, window + 1).unsqueeze(1)  # of tokens that a row of L₁ reads
        self.token_mixing = nn.Parameter((torch.randn(window, window + 1) / counts.sqrt()).tril())
        self.channel_in = nn.Parameter(torch.empty(expansion * width, width).uniform_(-1, 1) * (3 / width) ** 0.5)
        self.channel_out = nn.Parameter(torch.zeros(width, expansion * width))

    def forward(self, stream_BTW: Tensor, before: tuple[Tensor, Tensor] | None) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        """The stream after this block, and what its token mixing has read, earlier tokens included."""
        inputs_BSW = normalize(stream_BTW)
        if before is not None:
            inputs_BSW = torch.cat((before[0], inputs_BSW), dim=1)
        S, T = inputs_BSW.shape[1], stream_BTW.shape[1]
        hidden_BSW = F.gelu(self.token_mixing[S - T : S, :S].tril(S - T) @ inputs_BSW)
        if before is not None:
            hidden_BSW = torch.cat((before[1], hidden_BSW), dim=1)
        stream_BTW = stream_BTW + self.token_mixing[:S, 1 + S - T : 1 + S].triu(T - S).T @ hidden_BSW
        channels = F.gelu(F.linear(normalize(stream_BTW), self.channel_in))
        return stream_BTW + F.linear(channels, self.channel_out), (inputs_BSW, hidden_BSW)
