"""The net of `lab.families.causal_conv`.

Shapes: B windows, T tokens, S tokens known to a layer (those before included), W width, K taps, V vocabulary.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from lab.families.nets.fused import normalize

State = list[Tensor]  # of each layer its last inputs, B × (at most (K − 1)·dilation) × W


class CausalConvNet(nn.Module):
    """Embedding, gated convolutions, each added to the stream, readout."""

    def __init__(self, vocabulary: int, width: int, taps: int, dilations: Sequence[int]) -> None:
        super().__init__()
        self.spans = [(taps - 1) * dilation for dilation in dilations]
        self.embedding = nn.Embedding(vocabulary, width)
        self.layers = nn.ModuleList(GatedConvolution(width, taps, dilation) for dilation in dilations)
        self.readout = nn.Linear(width, vocabulary, bias=False)
        # A zero readout makes the first prediction uniform: the loss starts at ln(vocabulary) exactly.
        nn.init.zeros_(self.readout.weight)

    def forward(self, tokens_BT: Tensor) -> Tensor:
        """`logits_BTV`."""
        return self._run(tokens_BT, convolve_at_once)

    def reference_forward(self, tokens_BT: Tensor) -> Tensor:
        """The same by torch's convolutions."""
        return self._run(tokens_BT, convolve_unfused)

    def advance(self, tokens_BT: Tensor, state: State | None) -> tuple[Tensor, State]:
        """`logits_BTV` of tokens that follow on those the state has read, and the state behind them."""
        stream_BTW, kept = normalize(self.embedding(tokens_BT)), State()
        for number, (layer, span) in enumerate(zip(self.layers, self.spans, strict=True)):
            inputs_BSW = normalize(stream_BTW)
            if state is not None:
                inputs_BSW = torch.cat((state[number], inputs_BSW), dim=1)
            stream_BTW = stream_BTW + layer(inputs_BSW, tokens_BT.shape[1], convolve_at_once)
            kept.append(inputs_BSW[:, -span:])
        return self.readout(normalize(stream_BTW)), kept

    @torch.no_grad()
    def permute_units(self, chance: torch.Generator) -> None:
        """Reorders the stream's channels and each layer's gated units; the function stays what it was."""
        stream = torch.randperm(self.embedding.embedding_dim, generator=chance)
        for table in (self.embedding.weight, self.readout.weight):
            table.copy_(table[:, stream])
        for layer in self.layers:
            if isinstance(layer, GatedConvolution):
                layer.permute_stream(stream, chance)

    def _run(self, tokens_BT: Tensor, convolve: Callable[..., Tensor]) -> Tensor:
        stream_BTW = normalize(self.embedding(tokens_BT))
        for layer in self.layers:
            stream_BTW = stream_BTW + layer(normalize(stream_BTW), tokens_BT.shape[1], convolve)
        logits_BTV: Tensor = self.readout(normalize(stream_BTW))
        return logits_BTV


class GatedConvolution(nn.Module):
    """tanh(F) ⊙ σ(G), projected, where F and G are causal convolutions of the inputs.

    `kernel` (2·K, W, W) holds F and G of tap 0, the present, then those of tap 1, `dilation` tokens before it, and so
    on: matrices that Muon sees one by one. What stands before the first token is zero.
    """

    stacks = ("kernel",)

    def __init__(self, width: int, taps: int, dilation: int) -> None:
        super().__init__()
        self.dilation = dilation
        self.kernel = nn.Parameter(torch.empty(2 * taps, width, width).uniform_(-1, 1) * (3 / (taps * width)) ** 0.5)
        self.bias = nn.Parameter(torch.zeros(2 * width))
        self.project = nn.Parameter(torch.zeros(width, width))

    def forward(self, inputs_BSW: Tensor, length: int, convolve: Callable[..., Tensor]) -> Tensor:
        """What is added to the stream at the last `length` of the inputs."""
        W = inputs_BSW.shape[2]
        kernel = self.kernel.view(-1, 2 * W, W).permute(1, 0, 2)
        passed, gate = convolve(inputs_BSW, length, kernel, self.bias, self.dilation).chunk(2, dim=-1)
        return F.linear(passed.tanh() * gate.sigmoid(), self.project)

    def permute_stream(self, stream: Tensor, chance: torch.Generator) -> None:
        """Follows the new order of the stream's channels, and puts each unit, with its gate, in a random place."""
        units = torch.randperm(len(stream), generator=chance)
        self.kernel.copy_(self.kernel[:, units][..., stream])
        self.bias.copy_(self.bias.view(2, -1)[:, units].flatten())
        self.project.copy_(self.project[stream][:, units])


def convolve_at_once(inputs_BSW: Tensor, length: int, kernel: Tensor, bias: Tensor, dilation: int) -> Tensor:
    """The convolution at the last `length` of the inputs by one product over all taps; kernel (2·W, K, W)."""
    seen = torch.cat([look_back(inputs_BSW, length, tap * dilation) for tap in range(kernel.shape[1])], dim=-1)
    return F.linear(seen, kernel.flatten(1), bias)


def convolve_unfused(inputs_BSW: Tensor, length: int, kernel: Tensor, bias: Tensor, dilation: int) -> Tensor:
    """The same where all inputs are there, by `conv1d`, whose kernels run from the earliest tap to the last."""
    assert inputs_BSW.shape[1] == length
    padded = F.pad(inputs_BSW.transpose(1, 2), ((kernel.shape[1] - 1) * dilation, 0))
    return F.conv1d(padded, kernel.transpose(1, 2).flip(-1), bias, dilation=dilation).transpose(1, 2)


def look_back(inputs_BSW: Tensor, length: int, distance: int) -> Tensor:
    """Of each of the last `length` positions the input `distance` before it, zero before the first; B × length × W."""
    end = inputs_BSW.shape[1] - distance
    known = inputs_BSW[:, max(0, end - length) : max(0, end)]
    return F.pad(known, (0, 0, length - known.shape[1], 0))
