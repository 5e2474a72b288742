"""Optimizers: one file, one optimizer. This door holds what every optimizer is.

An optimizer is a frozen dataclass of dials, without its learning rate: that is a field of the run, which a sweep turns
and the schedule scales. Only `build` imports torch.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    import torch

BETA2_HALF_LIFE_TOKENS = 140_000  # of Adam's second moment, so that it averages over equal data at any batch size


class Optimizer(ABC):
    """A way to train; a subclass is a frozen dataclass whose fields are its dials."""

    version: ClassVar[int] = 1

    @abstractmethod
    def build(
        self, parameters: Mapping[str, Mapping[str, torch.nn.Parameter]], learning_rate: float, batch_tokens: int
    ) -> list[torch.optim.Optimizer]:
        """Torch's optimizers that together own every parameter once, each with its plateau rate as `lr`.

        `parameters`: group ('embedding', 'body', 'readout') → name in the net → parameter; a group may be empty.
        A parameter (k, r, …) that its module names in `stacks` has the attribute `stacked`: it is k parameters in one.
        `learning_rate`: that of the run's plateau; what groups multiply it by is the optimizer's own.
        """
