"""The Transformer with a mixture of experts (Shazeer et al. 2017; Switch: Fedus et al. 2021, arXiv 2101.03961).

In a routed block the feed-forward layer is one of several experts, chosen for each token by a softmax over scores of
its own. Nothing is dropped: the tokens of a batch are grouped by expert and each group is one product, which a CPU
does as fast as a dense layer, so there is no capacity and no token's route depends on another's.

Pyramid-residual (Rajbhandari et al. 2022, DeepSpeed-MoE, arXiv 2201.05596): later layers have twice the experts, and a
dense layer that every token passes stands beside them.

Shapes: B windows, T tokens, W width, V vocabulary, E experts, K experts of one token.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from lab.core.errors import InputError
from lab.families import Group, Shape
from lab.families.stacks import Stack

if TYPE_CHECKING:
    from torch import nn

Routed = Literal["all", "first_half", "second_half"]


@dataclass(frozen=True)
class MoETransformer(Stack):
    """One size dial, `width`, as the dense Transformer's, whose shape it has for each token.

    `experts` in a routed layer, each as wide as the dense layer (`expansion`); `top_k` of them see a token; `routed`:
    which blocks are, of an odd number the middle one too; `residual`: 'pyramid' puts a dense layer beside the experts
    and doubles those of the later half of the routed blocks; `balance`: weight of the load-balance loss.
    """

    experts: int = 8
    top_k: int = 1
    routed: Routed = "all"
    residual: Literal["none", "pyramid"] = "none"
    balance: float = 0.01

    def __post_init__(self) -> None:
        super().__post_init__()
        rules = (
            ("experts", self.experts, self.experts >= 2, "at least 2"),
            ("top_k", self.top_k, 1 <= self.top_k <= self.experts, f"between 1 and the {self.experts} experts"),
            ("balance", self.balance, 0 <= self.balance < float("inf"), "finite and not negative"),
        )
        for name, value, holds, rule in rules:
            if not holds:
                raise InputError(f"moe_transformer.{name}", value, rule)

    @property
    def experts_by_layer(self) -> tuple[int, ...]:
        """How many experts each block has; 0 where it is dense."""
        half = (self.depth + 1) // 2
        blocks = {
            "all": range(self.depth),
            "first_half": range(half),
            "second_half": range(self.depth - half, self.depth),
        }[self.routed]
        doubled = blocks[(len(blocks) + 1) // 2 :] if self.residual == "pyramid" else ()
        return tuple(self.experts * (1 + (i in doubled)) if i in blocks else 0 for i in range(self.depth))

    def build(self, shape: Shape) -> nn.Module:
        """A `lab.families.nets.moe_transformer.MoETransformerNet`."""
        from lab.families.nets.moe_transformer import Experts, MoETransformerNet, ResidualBlock, RoutedBlock
        from lab.families.nets.transformer import AttentionLayer, Block

        def make_block(experts: int) -> AttentionLayer:
            dense = self.width, self.heads, self.expansion
            if not experts:
                return Block(*dense)
            routed = Experts(self.width, self.expansion * self.width, experts, self.top_k)
            return RoutedBlock(*dense[:2], routed) if self.residual == "none" else ResidualBlock(*dense, routed)

        blocks = (make_block(experts) for experts in self.experts_by_layer)
        return MoETransformerNet(shape.vocabulary, self.width, self.heads, blocks, self.balance)

    def count_parameters(self, shape: Shape) -> dict[Group, int]:
        """Body: 4·W² a block, 2·expansion·W² a dense layer or expert, E·W a router; each table: V·W."""
        table = shape.vocabulary * self.width
        return {"embedding": table, "body": self._count_body(self.experts_by_layer), "readout": table}

    def count_active(self, shape: Shape) -> int:
        """Of each router's experts only the `top_k` that one token meets."""
        used = [min(experts, self.top_k) for experts in self.experts_by_layer]
        return self._count_body(used) + 2 * shape.vocabulary * self.width

    def count_forward_flops(self, shape: Shape) -> int:
        """2 per active weight of body and readout and token, and 4·T²·W a block for scores and their use."""
        weights = self.count_active(shape) - shape.vocabulary * self.width
        return 2 * weights * shape.window + self.depth * self.count_score_flops(shape)

    def _count_body(self, used: tuple[int, ...] | list[int]) -> int:
        """Parameters of all blocks with `used` experts each; routers score all of them whatever is used."""
        dense = [experts == 0 or self.residual == "pyramid" for experts in self.experts_by_layer]
        layers = sum(used) + sum(dense)
        routers = sum(self.experts_by_layer) * self.width
        return self.depth * self.attention_parameters + layers * self.forward_parameters + routers


family = MoETransformer
