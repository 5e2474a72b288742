"""Model families: one file, one family. This door holds what every family is.

A family is a frozen dataclass of dials, one of which is its size. It counts its parameters and its arithmetic in closed
form without torch; only `build` imports it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Generic, Literal, TypeVar, get_args

if TYPE_CHECKING:
    from torch import nn

Group = Literal["embedding", "body", "readout"]
GROUPS: tuple[Group, ...] = get_args(Group)
S = TypeVar("S")


@dataclass(frozen=True)
class Shape:
    """What the data demand of a net: `vocabulary` tokens, contexts of `window` tokens."""

    vocabulary: int
    window: int


class Architecture(ABC, Generic[S]):
    """A kind of net; a subclass is a frozen dataclass whose fields are its dials. `S` is what the data demand of it.

    `size_dial` names the dial a sweep turns. Any module of a net may name in `stacks` (a tuple) those parameters of its
    own, (k, r, c), that are k matrices in one: Muon takes them one by one, and any other parameter as a single matrix.
    """

    version: ClassVar[int] = 1
    size_dial: ClassVar[str]

    @property
    def size(self) -> int:
        """The value of the size dial."""
        value: int = getattr(self, self.size_dial)
        return value

    @abstractmethod
    def build(self, shape: S) -> nn.Module:
        """The net, initialised from torch's global generator."""

    @abstractmethod
    def group_of(self, parameter: str) -> Group:
        """The group of a parameter, by its name in the net."""

    @abstractmethod
    def count_parameters(self, shape: S) -> dict[Group, int]:
        """Parameters per group, in closed form."""

    @abstractmethod
    def count_forward_flops(self, shape: S) -> int:
        """FLOP of all products in one forward pass over one window or example (2 per multiply-add), in closed form.

        Element-wise work is not counted, attention is counted over the full window × window square that is executed,
        and so is the readout.
        """

    def count_training_flops(self, shape: S) -> int:
        """FLOP of one window or example in training: three passes (forward, and two products a weight backward)."""
        return 3 * self.count_forward_flops(shape)

    def count_active(self, shape: S) -> int:
        """Parameters used for one token; all of them unless the family routes or trains more than it uses."""
        return sum(self.count_parameters(shape).values())


class Family(Architecture[Shape]):
    """A kind of language model.

    The net that `build` returns maps `tokens_BT` (int64) to `logits_BTV` and offers `reference_forward`, the same
    function in unfused products that torch's FLOP counter can see. A net may offer
    - `advance(tokens_BT, state) -> (logits_BTV, state)`, where it is autoregressive: the same function of tokens that
      come piece by piece, None being the state before the first;
    - `objective(inputs_BT, targets_BT, weights_BT | None) -> (objective, nats)`, where it minimises more than the loss
      of the next token: both scalars, the second the loss of what `forward` predicts;
    - `permute_units(chance)`: puts its hidden units in another order, in place; what it computes stays;
    - `report() -> dict[str, float]`: columns of the run measured over the last evaluation (since `eval()`).
    """
