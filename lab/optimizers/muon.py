"""Muon for the matrices of the body, AdamW for the rest (Jordan et al. 2024, kellerjordan.github.io/posts/muon)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lab.optimizers import BETA2_HALF_LIFE_TOKENS, Optimizer

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True)
class Muon(Optimizer):
    """The rate of the run is that of the body's matrices, whose update is scaled by √max(1, rows / columns).

    A parameter of more dimensions, as of a convolution, is the matrix of its first by all others, unless its net says
    that it is a stack.

    AdamW takes the embedding at `embedding_ratio` times that rate, the readout and the body's vectors at once that
    rate (benchmarks/recipe_vs_gpt2.py). `momentum`: of the matrices; `half_life_tokens`: of AdamW's second moment.
    """

    momentum: float = 0.95
    embedding_ratio: float = 10.0
    readout_ratio: float = 1.0
    half_life_tokens: int = BETA2_HALF_LIFE_TOKENS

    def build(
        self, parameters: Mapping[str, Mapping[str, torch.nn.Parameter]], learning_rate: float, batch_tokens: int
    ) -> list[torch.optim.Optimizer]:
        """Muon first, where the body has matrices, then an AdamW for each group that has anything left."""
        from lab.optimizers.updates.adam import make_adamw
        from lab.optimizers.updates.muon import MuonUpdate

        matrices = {name: p for name, p in parameters["body"].items() if p.ndim >= 2}
        ratios = {"embedding": self.embedding_ratio, "readout": self.readout_ratio}
        built: list[torch.optim.Optimizer] = []
        if matrices:
            built.append(MuonUpdate(matrices.values(), learning_rate, self.momentum))
        for group, owned in parameters.items():
            rest = [parameter for name, parameter in owned.items() if group != "body" or name not in matrices]
            if rest:
                rate = learning_rate * ratios.get(group, 1.0)
                built.append(make_adamw(rest, rate, batch_tokens, self.half_life_tokens))
        return built


optimizer = Muon
