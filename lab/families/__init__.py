"""Model families: one file, one family. This door holds what every family is.

A family is a frozen dataclass of dials, one of which is its size. It counts its parameters and its arithmetic in closed
form without torch; only `build` imports it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal, get_args

if TYPE_CHECKING:
    from torch import nn

Group = Literal["embedding", "body", "readout"]
GROUPS: tuple[Group, ...] = get_args(Group)


@dataclass(frozen=True)
class Shape:
    """What the data demand of a net: `vocabulary` tokens, contexts of `window` tokens."""

    vocabulary: int
    window: int


class Family(ABC):
    """A model family; a subclass is a frozen dataclass whose fields are its dials.

    `size_dial` names the dial a sweep turns. The net that `build` returns maps `tokens_BT` (int64) to `logits_BTV` and
    offers `reference_forward`, the same function in unfused products that torch's FLOP counter can see. A net may offer
    - `advance(tokens_BT, state) -> (logits_BTV, state)`, where it is autoregressive: the same function of tokens that
      come piece by piece, None being the state before the first;
    - `objective(inputs_BT, targets_BT, weights_BT | None) -> (objective, nats)`, where it minimises more than the loss
      of the next token: both scalars, the second the loss of what `forward` predicts;
    - `permute_units(chance)`: puts its hidden units in another order, in place; what it computes stays;
    - `report() -> dict[str, float]`: columns of the run measured over the last evaluation (since `eval()`).
    Any module of it may name in `stacks` (a tuple) those parameters of its own, (k, r, c), that are k matrices in one:
    Muon takes them one by one, and any other parameter as a single matrix.
    """

    version: ClassVar[int] = 1
    size_dial: ClassVar[str]

    @property
    def size(self) -> int:
        """The value of the size dial."""
        value: int = getattr(self, self.size_dial)
        return value

    @abstractmethod
    def build(self, shape: Shape) -> nn.Module:
        """The net, initialised from torch's global generator."""

    @abstractmethod
    def group_of(self, parameter: str) -> Group:
        """The group of a parameter, by its name in the net."""

    @abstractmethod
    def count_parameters(self, shape: Shape) -> dict[Group, int]:
        """Parameters per group, in closed form."""

    @abstractmethod
    def count_forward_flops(self, shape: Shape) -> int:
        """FLOP of all matrix products in one forward pass over one window (2 per multiply-add), in closed form.

        Element-wise work is not counted, attention is counted over the full window × window square that is executed,
        and so is the readout.
        """

    def count_training_flops(self, shape: Shape) -> int:
        """FLOP of one window in training: three forward passes (forward, and two products per weight backward)."""
        return 3 * self.count_forward_flops(shape)

    def count_active(self, shape: Shape) -> int:
        """Parameters used for one token; all of them unless the family routes or trains more than it uses."""
        return sum(self.count_parameters(shape).values())
