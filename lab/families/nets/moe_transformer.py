"""The net of `lab.families.moe_transformer`.

Shapes: B windows, T tokens, N = B · T, W width, H hidden width, V vocabulary, E experts, K experts of one token.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from lab.families.nets.fused import normalize, square_relu
from lab.families.nets.losses import count_loss
from lab.families.nets.transformer import AttentionLayer, Block, TransformerNet


class MoETransformerNet(TransformerNet):
    """A Transformer some of whose blocks are routed; their load-balance losses are minimised beside the next token's.

    `balance`: weight of the mean of those losses.
    """

    def __init__(
        self, vocabulary: int, width: int, heads: int, blocks: Iterable[AttentionLayer], balance: float
    ) -> None:
        super().__init__(vocabulary, width, heads, blocks)
        self.balance = balance

    def objective(self, inputs_BT: Tensor, targets_BT: Tensor, weights_BT: Tensor | None) -> tuple[Tensor, Tensor]:
        """Loss of the next token plus `balance` times the mean over routers of E·Σ f·P (Fedus et al. 2021, eq. 4)."""
        nats = count_loss(self(inputs_BT), targets_BT, weights_BT)
        imbalance = torch.stack([router.take_imbalance() for router in self._list_routers()]).mean()
        return nats + self.balance * imbalance, nats

    def report(self) -> dict[str, float]:
        """`load_entropy`: of how often each expert was used since `eval()`, over ln E; the mean of the routers."""
        entropies = [_find_entropy(router.load) / math.log(len(router.load)) for router in self._list_routers()]
        return {"load_entropy": sum(entropies) / len(entropies)}

    def _list_routers(self) -> list[Experts]:
        return [module for module in self.modules() if isinstance(module, Experts)]


class Experts(nn.Module):
    """A router and the feed-forward layers it chooses from; the weight of a chosen one is its probability.

    The probability is not normalised over those chosen (Fedus et al. 2021, eq. 2): with one expert a token, that is all
    the router learns from.
    """

    stacks = ("experts_in", "experts_out")

    def __init__(self, width: int, hidden: int, experts: int, top_k: int) -> None:
        super().__init__()
        self.top_k = top_k
        self.router = nn.Parameter(torch.empty(experts, width).uniform_(-1, 1) * (3 / width) ** 0.5)
        self.experts_in = nn.Parameter(torch.empty(experts, hidden, width).uniform_(-1, 1) * (3 / width) ** 0.5)
        self.experts_out = nn.Parameter(torch.zeros(experts, width, hidden))
        self.load = torch.zeros(experts, dtype=torch.int64)
        self._imbalance: Tensor | None = None

    def forward(self, x_BTW: Tensor) -> Tensor:
        """What the chosen experts add, each weighted by its probability; tokens are taken expert by expert."""
        x_NW = x_BTW.flatten(0, -2)
        shares_NE = F.linear(x_NW, self.router).softmax(dim=-1)
        weights_NK, chosen_NK = shares_NE.topk(self.top_k, dim=-1)
        counts_E = chosen_NK.flatten().bincount(minlength=len(self.router))
        order = chosen_NK.flatten().argsort(stable=True)
        rows = order // self.top_k
        groups = torch.split(x_NW[rows], counts_E.tolist())
        answers = [
            F.linear(square_relu(F.linear(group, into)), out)
            for group, into, out in zip(groups, self.experts_in, self.experts_out, strict=True)
        ]
        weighted = torch.cat(answers) * weights_NK.flatten()[order].unsqueeze(-1)
        self._watch(shares_NE, counts_E)
        return torch.zeros_like(x_NW).index_add(0, rows, weighted.to(x_NW.dtype)).view_as(x_BTW)

    def permute_stream(self, stream: Tensor, chance: torch.Generator) -> None:
        """Follows the new order of the stream's channels; each expert's hidden units go into a random one."""
        self.router.copy_(self.router[:, stream])
        for into, out in zip(self.experts_in, self.experts_out, strict=True):
            hidden = torch.randperm(len(into), generator=chance)
            into.copy_(into[hidden][:, stream])
            out.copy_(out[stream][:, hidden])

    def take_imbalance(self) -> Tensor:
        """E·Σ f·P of the last batch trained on: f the share of its tokens that an expert got, P its mean probability.

        1 where the load is even, E where one expert has all.
        """
        assert self._imbalance is not None, "asked once after a forward pass in training"
        imbalance, self._imbalance = self._imbalance, None
        return imbalance

    def train(self, mode: bool = True) -> Experts:
        """Counts the load anew where an evaluation begins."""
        if not mode:
            self.load = torch.zeros_like(self.load)
        return super().train(mode)

    def _watch(self, shares_NE: Tensor, counts_E: Tensor) -> None:
        if self.training:
            load_E = counts_E / counts_E.sum()
            self._imbalance = len(counts_E) * (load_E * shares_NE.mean(dim=0)).sum()
        else:
            self.load = self.load + counts_E.to(self.load.device)


class RoutedBlock(AttentionLayer):
    """Attention and experts, each added to the stream."""

    def __init__(self, width: int, heads: int, experts: Experts) -> None:
        super().__init__(width, heads)
        self.experts = experts

    def forward(self, stream_BTW: Tensor, rotation: tuple[Tensor, Tensor], attend: Callable[..., Tensor]) -> Tensor:
        """The stream after this block."""
        stream_BTW = self.mix(stream_BTW, rotation, attend)
        routed_BTW: Tensor = self.experts(normalize(stream_BTW))
        return stream_BTW + routed_BTW


class ResidualBlock(Block):
    """A dense block with experts beside its feed-forward layer (Rajbhandari et al. 2022, section 4.1)."""

    def __init__(self, width: int, heads: int, expansion: int, experts: Experts) -> None:
        super().__init__(width, heads, expansion)
        self.experts = experts

    def feed(self, x_BTW: Tensor) -> Tensor:
        """What the dense layer and the experts add."""
        routed_BTW: Tensor = self.experts(x_BTW)
        return super().feed(x_BTW) + routed_BTW


def _find_entropy(counts_E: Tensor) -> float:
    shares_E = counts_E.double() / counts_E.sum()
    return float(-torch.xlogy(shares_E, shares_E).sum())
