"""What training minimises: the loss of the next token, or what a net says that it minimises beside it.

Shapes: B windows, T tokens, V vocabulary.
"""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from torch import Tensor, nn

from lab.families.nets.losses import count_loss


@runtime_checkable
class OwnObjective(Protocol):
    """A net that minimises more than the loss of the next token."""

    def objective(self, inputs_BT: Tensor, targets_BT: Tensor, weights_BT: Tensor | None) -> tuple[Tensor, Tensor]:
        """What is minimised, and the loss of the next token (nats per token), both scalars."""


@runtime_checkable
class OwnReport(Protocol):
    """A net that measures itself while it is evaluated."""

    def report(self) -> dict[str, float]:
        """Columns of the run, over what passed since `eval()`."""


def find_objective(
    net: nn.Module, inputs_BT: Tensor, targets_BT: Tensor, weights_BT: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    """What to minimise, and the loss of the next token (nats per token): the same unless the net offers `objective`."""
    if isinstance(net, OwnObjective):
        return net.objective(inputs_BT, targets_BT, weights_BT)
    nats = count_loss(net(inputs_BT), targets_BT, weights_BT)
    return nats, nats
