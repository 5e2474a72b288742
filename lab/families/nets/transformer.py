"""The net of `lab.families.transformer`.

Shapes: B windows, T tokens, W width, H heads, E = W / H head width, V vocabulary.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Protocol, runtime_checkable

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from lab.families.nets.fused import normalize, rotate, square_relu

ROTARY_BASE = 10_000.0
# Normalised queries and keys bound a score by scale × head width; the usual 1/√E would bound it by √E, too flat for a
# narrow head to look at one token alone.
LARGEST_SCORE = 10.0

State = list[tuple[Tensor, Tensor]]  # of each block the keys and values read so far, each B H T E


class TransformerNet(nn.Module):
    """Embedding, blocks, readout; the stream is RMS-normalised where it enters, before each layer and at the end.

    `blocks` are drawn behind the embedding, so a generator of them is what keeps the order of chance.
    """

    def __init__(self, vocabulary: int, width: int, heads: int, blocks: Iterable[AttentionLayer]) -> None:
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, width)
        self.blocks = nn.ModuleList(blocks)
        self.readout = nn.Linear(width, vocabulary, bias=False)
        # A zero readout makes the first prediction uniform: the loss starts at ln(vocabulary) exactly.
        nn.init.zeros_(self.readout.weight)
        nn.init.normal_(self.embedding.weight)
        self.head_width = width // heads

    def forward(self, tokens_BT: Tensor) -> Tensor:
        """`logits_BTV`."""
        return self._run(tokens_BT, F.scaled_dot_product_attention)

    def advance(self, tokens_BT: Tensor, state: State | None) -> tuple[Tensor, State]:
        """`logits_BTV` of tokens that follow on those the state has read, and the state behind them."""
        read = 0 if state is None else state[0][0].shape[2]
        rotation = make_rotation(tokens_BT.shape[1], self.head_width, tokens_BT.device, first=read)
        stream_BTW, grown = normalize(self.embedding(tokens_BT)), State()
        for layer, block in enumerate(self.blocks):
            attend = partial(attend_after, before=None if state is None else state[layer], after=grown)
            stream_BTW = block(stream_BTW, rotation, attend)
        return self.readout(normalize(stream_BTW)), grown

    @torch.no_grad()
    def permute_units(self, chance: torch.Generator) -> None:
        """Reorders the stream's channels and each block's hidden units; the function stays what it was."""
        stream = torch.randperm(self.embedding.embedding_dim, generator=chance)
        for table in (self.embedding.weight, self.readout.weight):
            table.copy_(table[:, stream])
        for module in self.modules():
            if isinstance(module, OnStream):
                module.permute_stream(stream, chance)

    def reference_forward(self, tokens_BT: Tensor) -> Tensor:
        """The same with unfused attention."""
        return self._run(tokens_BT, attend_unfused)

    def _run(self, tokens_BT: Tensor, attend: Callable[..., Tensor]) -> Tensor:
        rotation = make_rotation(tokens_BT.shape[1], self.head_width, tokens_BT.device)
        stream_BTW = normalize(self.embedding(tokens_BT))
        for block in self.blocks:
            stream_BTW = block(stream_BTW, rotation, attend)
        logits_BTV: Tensor = self.readout(normalize(stream_BTW))
        return logits_BTV


@runtime_checkable
class OnStream(Protocol):
    """A module that reads the stream and adds to it."""

    def permute_stream(self, stream: Tensor, chance: torch.Generator) -> None:
        """Follows the new order of the stream's channels, and puts hidden units of its own in a random one."""


class AttentionLayer(nn.Module):
    """What every block begins with: attention, added to the stream.

    The matrices that read the stream stand in one parameter (3, W, W), so that one product makes queries, keys and
    values while the optimizer still sees three matrices.
    """

    stacks = ("attention_in",)

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.attention_in = nn.Parameter(torch.empty(3, width, width).uniform_(-1, 1) * (3 / width) ** 0.5)
        self.attention_out = nn.Parameter(torch.zeros(width, width))

    def permute_stream(self, stream: Tensor, chance: torch.Generator) -> None:
        """Follows the new order of the stream's channels; heads stay as they are."""
        self.attention_in.copy_(self.attention_in[..., stream])
        self.attention_out.copy_(self.attention_out[stream])

    def mix(self, stream_BTW: Tensor, rotation: tuple[Tensor, Tensor], attend: Callable[..., Tensor]) -> Tensor:
        """The stream after attention."""
        B, T, W = stream_BTW.shape
        mixed = F.linear(normalize(stream_BTW), self.attention_in.view(3 * W, W)).view(
            B, T, 3, self.heads, W // self.heads
        )
        query, key, value = mixed.permute(2, 0, 3, 1, 4)  # each B H T E
        query, key = rotate(normalize(query), rotation), rotate(normalize(key), rotation)
        read_BTW = (
            attend(query, key, value, is_causal=True, scale=LARGEST_SCORE / (W // self.heads))
            .transpose(1, 2)
            .reshape(B, T, W)
        )
        return stream_BTW + F.linear(read_BTW, self.attention_out)


class Block(AttentionLayer):
    """Attention and feed-forward layer, each added to the stream."""

    def __init__(self, width: int, heads: int, expansion: int) -> None:
        super().__init__(width, heads)
        self.forward_in = nn.Parameter(torch.empty(expansion * width, width).uniform_(-1, 1) * (3 / width) ** 0.5)
        self.forward_out = nn.Parameter(torch.zeros(width, expansion * width))

    def forward(self, stream_BTW: Tensor, rotation: tuple[Tensor, Tensor], attend: Callable[..., Tensor]) -> Tensor:
        """The stream after this block."""
        stream_BTW = self.mix(stream_BTW, rotation, attend)
        return stream_BTW + self.feed(normalize(stream_BTW))

    def permute_stream(self, stream: Tensor, chance: torch.Generator) -> None:
        """The feed-forward layer too, its hidden units in a random order."""
        super().permute_stream(stream, chance)
        hidden = torch.randperm(len(self.forward_in), generator=chance)
        self.forward_in.copy_(self.forward_in[hidden][:, stream])
        self.forward_out.copy_(self.forward_out[stream][:, hidden])

    def feed(self, x_BTW: Tensor) -> Tensor:
        """What the feed-forward layer adds."""
        return F.linear(square_relu(F.linear(x_BTW, self.forward_in)), self.forward_out)


def make_rotation(length: int, head_width: int, device: torch.device, first: int = 0) -> tuple[Tensor, Tensor]:
    """Cosines and sines of the rotary angles of the positions from `first` on, each (length, head_width / 2)."""
    speeds = ROTARY_BASE ** -torch.linspace(0, 1, head_width // 2, device=device)
    angles = torch.outer(torch.arange(first, first + length, device=device, dtype=torch.float32), speeds)
    return angles.cos(), angles.sin()


def attend_unfused(query: Tensor, key: Tensor, value: Tensor, is_causal: bool, scale: float) -> Tensor:
    """Causal softmax attention by two visible matrix products; there may be earlier keys than queries."""
    assert is_causal
    T, read = query.shape[-2], key.shape[-2]
    scores = query @ key.transpose(-1, -2) * scale
    hidden = torch.ones(T, read, dtype=torch.bool, device=query.device).triu(1 + read - T)
    weights: Tensor = scores.masked_fill(hidden, float("-inf")).softmax(dim=-1)
    return weights @ value


def attend_after(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    is_causal: bool,
    scale: float,
    before: tuple[Tensor, Tensor] | None,
    after: State,
) -> Tensor:
    """The same where keys and values of earlier tokens stand before these; puts them all behind `after`."""
    if before is not None:
        key, value = torch.cat((before[0], key), dim=-2), torch.cat((before[1], value), dim=-2)
    after.append((key, value))
    return attend_unfused(query, key, value, is_causal, scale)
