"""AdamW whose second moment averages over a number of tokens and not of steps."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import nn

BETA1 = 0.9
EPSILON = 1e-10


def make_adamw(
    parameters: Iterable[nn.Parameter],
    learning_rate: float,
    batch_tokens: int,
    half_life_tokens: int,
    weight_decay: float = 0.0,
) -> torch.optim.AdamW:
    """Decoupled AdamW (Loshchilov & Hutter 2019, arXiv:1711.05101), β2 = ½^(batch / half-life) (Marek et al. 2025)."""
    betas = (BETA1, 0.5 ** (batch_tokens / half_life_tokens))
    return torch.optim.AdamW(
        list(parameters), lr=learning_rate, betas=betas, eps=EPSILON, weight_decay=weight_decay, fused=True
    )
