"""The net of `lab.families.multi_token_transformer`.

Shapes: B windows, T tokens, W width, V vocabulary, n heads.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from itertools import repeat
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from lab.families.nets.fused import normalize
from lab.families.nets.losses import count_loss
from lab.families.nets.transformer import (
    AttentionLayer,
    State,
    TransformerNet,
    attend_after,
    make_rotation,
)


class MultiTokenNet(TransformerNet):
    """A Transformer whose last block is the first of n heads; `futures`, the others, read what that block reads."""

    def __init__(
        self,
        vocabulary: int,
        width: int,
        heads: int,
        blocks: Iterable[AttentionLayer],
        futures: Iterable[AttentionLayer],
    ) -> None:
        super().__init__(vocabulary, width, heads, blocks)
        self.futures = nn.ModuleList(futures)

    def compile(self, *options: Any, **named: Any) -> None:
        """As of every module; training calls `foretell` and not the net."""
        super().compile(*options, **named)
        self.foretell = torch.compile(self.foretell, *options, **named)  # type: ignore[method-assign]

    def objective(self, inputs_BT: Tensor, targets_BT: Tensor, weights_BT: Tensor | None) -> tuple[Tensor, Tensor]:
        """Mean over heads of the loss of the token i ahead (Gloeckle et al. 2024, eq. 2), and the first head's.

        A head foretells what lies in the window: head i has i − 1 targets less. A target weighs the same for all heads.
        """
        losses = []
        for later, logits_BTV in enumerate(self.foretell(inputs_BT)):
            weights = None if weights_BT is None else weights_BT[:, later:]
            losses.append(count_loss(logits_BTV[:, : targets_BT.shape[1] - later], targets_BT[:, later:], weights))
        return torch.stack(losses).mean(), losses[0]

    def foretell(self, tokens_BT: Tensor) -> Tensor:
        """`logits_nBTV` of the tokens 1 … n ahead."""
        rotation = make_rotation(tokens_BT.shape[1], self.head_width, tokens_BT.device)
        attend = F.scaled_dot_product_attention
        return self._foretell(tokens_BT, rotation, list(repeat(attend, len(self.blocks) + len(self.futures))))

    def foretell_on(self, tokens_BT: Tensor, state: State | None) -> tuple[Tensor, State]:
        """`logits_nBTV` of tokens that follow on those the state has read, and the state behind them.

        The state is that of `advance` with the caches of the other heads behind; either may go on from it.
        """
        read = 0 if state is None else state[0][0].shape[2]
        rotation, grown = make_rotation(tokens_BT.shape[1], self.head_width, tokens_BT.device, first=read), State()
        before = [None] * (len(self.blocks) + len(self.futures)) if state is None else state
        logits_nBTV = self._foretell(
            tokens_BT, rotation, [partial(attend_after, before=cache, after=grown) for cache in before]
        )
        return logits_nBTV, grown

    def _foretell(
        self, tokens_BT: Tensor, rotation: tuple[Tensor, Tensor], attends: Sequence[Callable[..., Tensor]]
    ) -> Tensor:
        trunk = len(self.blocks) - 1
        stream_BTW = normalize(self.embedding(tokens_BT))
        for block, attend in zip(self.blocks[:trunk], attends[:trunk], strict=True):
            stream_BTW = block(stream_BTW, rotation, attend)
        ends = [
            head(stream_BTW, rotation, attend)
            for head, attend in zip((self.blocks[trunk], *self.futures), attends[trunk:], strict=True)
        ]
        logits_nBTV: Tensor = self.readout(normalize(torch.stack(ends)))
        return logits_nBTV


def rewind(state: State, length: int) -> State:
    """The state as it was behind the first `length` tokens."""
    return [(keys[:, :, :length], values[:, :, :length]) for keys, values in state]
