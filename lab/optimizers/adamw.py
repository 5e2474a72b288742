"""AdamW for every parameter, one rate (Loshchilov & Hutter 2019, arXiv:1711.05101)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lab.optimizers import BETA2_HALF_LIFE_TOKENS, Optimizer

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True)
class AdamW(Optimizer):
    """`half_life_tokens`: of the second moment. `weight_decay`: decoupled, times the rate, of every parameter.

    Its best rate falls as nets widen: it is to be searched at every size, not carried over.
    """

    half_life_tokens: int = BETA2_HALF_LIFE_TOKENS
    weight_decay: float = 0.0

    def build(
        self, parameters: Mapping[str, Mapping[str, torch.nn.Parameter]], learning_rate: float, batch_tokens: int
    ) -> list[torch.optim.Optimizer]:
        """One optimizer over all groups."""
        from lab.optimizers.updates.adam import make_adamw

        owned = [parameter for group in parameters.values() for parameter in group.values()]
        return [make_adamw(owned, learning_rate, batch_tokens, self.half_life_tokens, self.weight_decay)]


optimizer = AdamW
