"""Gradient descent with Nesterov's momentum (Sutskever et al. 2013, ICML): the plainest there is, to compare with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lab.optimizers import Optimizer

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True)
class Descent(Optimizer):
    """`momentum`: 0 for none. The step is the gradient's own, so that its best rate depends on everything."""

    momentum: float = 0.9

    def build(
        self, parameters: Mapping[str, Mapping[str, torch.nn.Parameter]], learning_rate: float, batch_tokens: int
    ) -> list[torch.optim.Optimizer]:
        """One optimizer over all groups."""
        from torch.optim import SGD

        owned = [parameter for group in parameters.values() for parameter in group.values()]
        return [SGD(owned, lr=learning_rate, momentum=self.momentum, nesterov=self.momentum > 0, fused=True)]


optimizer = Descent
