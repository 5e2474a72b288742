"""A plain GPT-2-style trainer, written to be the peer of the lab's recipe and nothing else.

What a researcher gets from the usual small-GPT script: learned positions, LayerNorm with gain and bias, GELU, tied
embedding, N(0, 0.02) initialisation with residual projections scaled by 1/√(2·layers) (Radford et al. 2019), AdamW with
weight decay 0.1 on matrices, β₂ 0.99, gradient clipping at 1, linear warm-up of 100 steps (of a run below 1000 steps a
tenth, else it would warm up for most of it) and a cosine to a tenth.
Width 64, 3 layers and 4 heads make 175 k parameters at a vocabulary of 256.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from lab.core.seeds import derive_seed
from lab.data import Source

WARMUP_STEPS = 100
FINAL_RATE = 0.1


class PlainGPT2(nn.Module):
    """Tokens (B, T) to logits (B, T, V)."""

    def __init__(self, vocabulary: int, window: int, width: int, layers: int, heads: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, width)
        self.positions = nn.Embedding(window, width)
        self.blocks = nn.ModuleList(PlainBlock(width, heads) for _ in range(layers))
        self.norm = nn.LayerNorm(width)
        for name, parameter in self.named_parameters():
            if parameter.ndim == 2:
                residual = name.endswith(("project.weight", "down.weight"))
                nn.init.normal_(parameter, std=0.02 / (math.sqrt(2 * layers) if residual else 1.0))
            elif name.endswith("bias"):
                nn.init.zeros_(parameter)

    def forward(self, tokens: Tensor) -> Tensor:
        stream = self.embedding(tokens) + self.positions.weight[: tokens.shape[1]]
        for block in self.blocks:
            stream = block(stream)
        return F.linear(self.norm(stream), self.embedding.weight)


class PlainBlock(nn.Module):
    """Pre-norm attention and GELU feed-forward layer."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.first_norm, self.second_norm = nn.LayerNorm(width), nn.LayerNorm(width)
        self.mix, self.project = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.up, self.down = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, stream: Tensor) -> Tensor:
        B, T, W = stream.shape
        query, key, value = (
            self.mix(self.first_norm(stream)).view(B, T, 3, self.heads, W // self.heads).permute(2, 0, 3, 1, 4)
        )
        read = F.scaled_dot_product_attention(query, key, value, is_causal=True).transpose(1, 2).reshape(B, T, W)
        stream = stream + self.project(read)
        return stream + self.down(F.gelu(self.up(self.second_norm(stream)), approximate="tanh"))


def train_plain_gpt2(
    source: Source,
    width: int,
    layers: int,
    heads: int,
    rate: float,
    tokens: int,
    seed: int,
    window: int = 128,
    batch_tokens: int = 2048,
) -> nn.Module:
    """The trained net; the data order is that of the lab's runs of the same seed."""
    torch.manual_seed(derive_seed(seed, "plain_gpt2"))
    net = PlainGPT2(source.vocabulary, window, width, layers, heads)
    matrices = [p for p in net.parameters() if p.ndim >= 2]
    vectors = [p for p in net.parameters() if p.ndim < 2]
    optimizer = torch.optim.AdamW(
        [{"params": matrices, "weight_decay": 0.1}, {"params": vectors, "weight_decay": 0.0}],
        lr=rate,
        betas=(0.9, 0.99),
        fused=True,
    )
    steps, per_step = tokens // batch_tokens, batch_tokens // window
    warmup = max(1, min(WARMUP_STEPS, steps // 10))
    for step in range(steps):
        progress = max(0.0, (step - warmup) / max(1, steps - warmup))
        factor = min(1.0, (step + 1) / warmup) * (
            FINAL_RATE + (1 - FINAL_RATE) * 0.5 * (1 + math.cos(math.pi * progress))
        )
        for group in optimizer.param_groups:
            group["lr"] = rate * factor
        batch = torch.from_numpy(source.training_windows(seed, step * per_step, per_step, window))
        loss = F.cross_entropy(net(batch[:, :-1]).flatten(0, 1), batch[:, 1:].flatten())
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
    return net


def count_parameters(net: nn.Module) -> int:
    """All parameters, the tied table once."""
    return sum(p.numel() for p in net.parameters())
