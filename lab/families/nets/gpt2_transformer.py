"""The net of `lab.families.gpt2_transformer`.

Shapes: B windows, T tokens, W width, H heads, E = W / H head width, V vocabulary.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from lab.families import Shape
from lab.families.nets.transformer import State, attend_after, attend_unfused
from lab.families.nets.window import check_window

INITIAL_SD = 0.02


class GPT2Net(nn.Module):
    """Embedding by the readout's table, positions, blocks, last norm, readout."""

    def __init__(self, shape: Shape, width: int, depth: int, heads: int, expansion: int, dropout: float) -> None:
        super().__init__()
        self.readout = nn.Linear(width, shape.vocabulary, bias=False)
        self.positions = nn.Embedding(shape.window, width)
        self.blocks = nn.ModuleList(Block(width, heads, expansion, dropout) for _ in range(depth))
        self.norm = nn.LayerNorm(width)
        self.dropout = dropout
        for name, parameter in self.named_parameters():
            if name.endswith("bias"):
                nn.init.zeros_(parameter)
            elif parameter.ndim >= 2:
                writes = name.endswith("_out.weight")
                nn.init.normal_(parameter, std=INITIAL_SD / ((2 * depth) ** 0.5 if writes else 1.0))

    def forward(self, tokens_BT: Tensor) -> Tensor:
        """`logits_BTV`; raises `LabError` beyond the window."""
        return self._run(tokens_BT, F.scaled_dot_product_attention)

    def reference_forward(self, tokens_BT: Tensor) -> Tensor:
        """The same with unfused attention."""
        return self._run(tokens_BT, attend_without_dropout)

    def advance(self, tokens_BT: Tensor, state: State | None) -> tuple[Tensor, State]:
        """`logits_BTV` of tokens that follow on those the state has read, and the state behind them.

        Raises `LabError` beyond the window.
        """
        read = 0 if state is None else state[0][0].shape[2]
        stream_BTW, grown = self._enter(tokens_BT, read), State()
        for layer, block in enumerate(self.blocks):
            before = None if state is None else state[layer]
            stream_BTW = block(stream_BTW, partial(attend_without_dropout, before=before, after=grown))
        return self._read_out(stream_BTW), grown

    @torch.no_grad()
    def permute_units(self, chance: torch.Generator) -> None:
        """Reorders the stream's channels and each block's hidden units; the function stays what it was."""
        stream = torch.randperm(self.positions.embedding_dim, generator=chance)
        for table in (self.readout.weight, self.positions.weight):
            table.copy_(table[:, stream])
        permute_norm(self.norm, stream)
        for block in self.blocks:
            if isinstance(block, Block):
                block.permute_stream(stream, chance)

    def _run(self, tokens_BT: Tensor, attend: Callable[..., Tensor]) -> Tensor:
        stream_BTW = self._enter(tokens_BT, 0)
        for block in self.blocks:
            stream_BTW = block(stream_BTW, attend)
        return self._read_out(stream_BTW)

    def _enter(self, tokens_BT: Tensor, read: int) -> Tensor:
        behind = read + tokens_BT.shape[1]
        check_window("gpt2_transformer", behind, self.positions.num_embeddings)
        stream_BTW = F.embedding(tokens_BT, self.readout.weight) + self.positions.weight[read:behind]
        return F.dropout(stream_BTW, self.dropout, self.training)

    def _read_out(self, stream_BTW: Tensor) -> Tensor:
        logits_BTV: Tensor = self.readout(self.norm(stream_BTW))
        return logits_BTV


class Block(nn.Module):
    """Attention and feed-forward layer, each added to the stream.

    The matrices that read the stream stand in one parameter (3, W, W), as in the modern Transformer, so that Muon sees
    three matrices; the function is that of one (3·W, W) matrix.
    """

    stacks = ("attention_in",)

    def __init__(self, width: int, heads: int, expansion: int, dropout: float) -> None:
        super().__init__()
        self.heads, self.dropout = heads, dropout
        self.attention_norm, self.forward_norm = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attention_in = nn.Parameter(torch.empty(3, width, width))
        self.attention_in_bias = nn.Parameter(torch.empty(3 * width))
        self.attention_out = nn.Linear(width, width)
        self.forward_in = nn.Linear(width, expansion * width)
        self.forward_out = nn.Linear(expansion * width, width)

    def forward(self, stream_BTW: Tensor, attend: Callable[..., Tensor]) -> Tensor:
        """The stream after this block."""
        B, T, W = stream_BTW.shape
        mixed = F.linear(self.attention_norm(stream_BTW), self.attention_in.view(3 * W, W), self.attention_in_bias)
        query, key, value = mixed.view(B, T, 3, self.heads, W // self.heads).permute(2, 0, 3, 1, 4)  # each B H T E
        dropped, scale = self.dropout if self.training else 0.0, (W // self.heads) ** -0.5
        read = attend(query, key, value, dropout_p=dropped, is_causal=True, scale=scale)
        stream_BTW = stream_BTW + self._drop(self.attention_out(read.transpose(1, 2).reshape(B, T, W)))
        hidden = F.gelu(self.forward_in(self.forward_norm(stream_BTW)), approximate="tanh")
        return stream_BTW + self._drop(self.forward_out(hidden))

    def permute_stream(self, stream: Tensor, chance: torch.Generator) -> None:
        """Follows the new order of the stream's channels, hidden units in a random one; heads stay as they are."""
        hidden = torch.randperm(self.forward_in.out_features, generator=chance)
        self.attention_in.copy_(self.attention_in[..., stream])
        self.forward_in.weight.copy_(self.forward_in.weight[hidden][:, stream])
        self.forward_in.bias.copy_(self.forward_in.bias[hidden])
        self.forward_out.weight.copy_(self.forward_out.weight[:, hidden])
        for norm in (self.attention_norm, self.forward_norm):
            permute_norm(norm, stream)
        for writer in (self.attention_out, self.forward_out):
            writer.weight.copy_(writer.weight[stream])
            writer.bias.copy_(writer.bias[stream])

    def _drop(self, x: Tensor) -> Tensor:
        return F.dropout(x, self.dropout, self.training)


def permute_norm(norm: nn.LayerNorm, stream: Tensor) -> None:
    """Gains and offsets follow the new order of the stream's channels."""
    for parameter in norm.parameters():
        parameter.copy_(parameter[stream])


def attend_without_dropout(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    dropout_p: float,
    is_causal: bool,
    scale: float,
    before: tuple[Tensor, Tensor] | None = None,
    after: State | None = None,
) -> Tensor:
    """Attention by visible products, for counting and for reading on; neither trains, so that no weight is dropped."""
    if after is None:
        return attend_unfused(query, key, value, is_causal, scale)
    return attend_after(query, key, value, is_causal, scale, before, after)
