"""Optimizers: AdamW for everything, or Muon for the matrices of the body and AdamW for the rest.

Muon (Jordan et al. 2024) orthogonalises the momentum of each matrix by a Newton–Schulz iteration. Torch's own casts to
bfloat16, which a CPU multiplies thirty times slower than float32; this one stays in the parameters' precision and runs
all matrices of one shape as one batched product.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor, nn

from lab.core.errors import UnknownNameError
from lab.families import GROUPS, Family, Group

BETA2_HALF_LIFE_TOKENS = 140_000  # of AdamW's second moment, so that it averages over equal data at any batch size
BETAS1 = 0.9
MUON_MOMENTUM = 0.95
# With Muon, the other groups train by AdamW at these multiples of the dialled rate (benchmarks/recipe_vs_gpt2.py).
RATE_RATIOS = {"embedding": 10.0, "body": 1.0, "readout": 1.0}
QUINTIC = (3.4445, -4.7750, 2.0315)  # coefficients of Jordan et al. 2024: steepest slope at zero
NEWTON_SCHULZ_STEPS = 5
OPTIMIZERS = ("adamw", "muon")


class OptimizerSet:
    """Several optimizers stepped as one, whose rates are a common factor times what each began with."""

    def __init__(self, optimizers: Iterable[torch.optim.Optimizer]) -> None:
        self.optimizers = list(optimizers)
        for group in self._groups():
            group["plateau"] = group["lr"]

    def step(self, factor: float) -> None:
        """One update at `factor` times the plateau rate, then the gradients are dropped."""
        for group in self._groups():
            group["lr"] = group["plateau"] * factor
        for optimizer in self.optimizers:
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)

    def state_dict(self) -> list[dict[str, Any]]:
        """The states, in order."""
        return [optimizer.state_dict() for optimizer in self.optimizers]

    def load_state_dict(self, states: list[dict[str, Any]]) -> None:
        """Restores what `state_dict` gave."""
        for optimizer, state in zip(self.optimizers, states, strict=True):
            optimizer.load_state_dict(state)

    def _groups(self) -> Iterable[dict[str, Any]]:
        return (group for optimizer in self.optimizers for group in optimizer.param_groups)


def make_optimizers(name: str, net: nn.Module, family: Family, learning_rate: float, batch_tokens: int) -> OptimizerSet:
    """The optimizers called `name` for the groups of `family`; `learning_rate` is that of the plateau."""
    if name not in OPTIMIZERS:
        raise UnknownNameError.among("optimizer", name, OPTIMIZERS)
    betas = (BETAS1, 0.5 ** (batch_tokens / BETA2_HALF_LIFE_TOKENS))

    def adamw(parameters: list[nn.Parameter], rate: float) -> torch.optim.Optimizer:
        return torch.optim.AdamW(parameters, lr=rate, betas=betas, eps=1e-10, weight_decay=0.0, fused=True)

    if name == "adamw":
        return OptimizerSet([adamw(list(net.parameters()), learning_rate)])
    by_muon: list[nn.Parameter] = []
    by_adamw: dict[Group, list[nn.Parameter]] = {group: [] for group in GROUPS}
    for parameter_name, parameter in net.named_parameters():
        group = family.group_of(parameter_name)
        (by_muon if group == "body" and parameter.ndim >= 2 else by_adamw[group]).append(parameter)
    others = [adamw(ps, learning_rate * RATE_RATIOS[group]) for group, ps in by_adamw.items() if ps]
    return OptimizerSet([Muon(by_muon, learning_rate), *others])


class Muon(torch.optim.Optimizer):
    """Momentum, orthogonalised; a parameter (k, r, c) is k matrices.

    The update of an r × c matrix is scaled by √max(1, r/c), so that its root-mean-square change of the output does not
    depend on the shape (Jordan et al. 2024; Bernstein & Newhouse 2024).
    """

    def __init__(self, parameters: Iterable[nn.Parameter], lr: float) -> None:
        super().__init__(parameters, {"lr": lr})

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> None:  # type: ignore[override]
        """One update of every matrix that has a gradient."""
        assert closure is None
        for group in self.param_groups:
            stacks: dict[tuple[int, ...], list[tuple[Tensor, Tensor]]] = defaultdict(list)
            for parameter in group["params"]:
                if parameter.grad is None:
                    continue
                state = self.state[parameter]
                if not state:
                    state["momentum"] = torch.zeros_like(parameter)
                state["momentum"].lerp_(parameter.grad, 1 - MUON_MOMENTUM)
                ahead = parameter.grad.lerp(state["momentum"], MUON_MOMENTUM)  # Nesterov
                for matrix, update in zip(_unstack(parameter), _unstack(ahead), strict=True):
                    wide = update if update.shape[0] <= update.shape[1] else update.T
                    stacks[tuple(wide.shape)].append((matrix, wide))
            for shape, pairs in stacks.items():
                orthogonal = orthogonalize(torch.stack([wide for _, wide in pairs]))
                for (matrix, _), wide in zip(pairs, orthogonal, strict=True):
                    update = wide if tuple(matrix.shape) == shape else wide.T
                    rows, columns = matrix.shape
                    matrix.add_(update, alpha=-group["lr"] * max(1.0, rows / columns) ** 0.5)


def orthogonalize(matrices: Tensor) -> Tensor:
    """Nearest semi-orthogonal matrix of each (k, r, c), r ≤ c, roughly: singular values land in about [0.7, 1.2].

    Quintic Newton–Schulz iteration X ← aX + (bA + cA²)X with A = XXᵀ (Jordan et al. 2024).
    """
    a, b, c = QUINTIC
    x: Tensor = matrices / (matrices.norm(dim=(-2, -1), keepdim=True) + 1e-7)
    for _ in range(NEWTON_SCHULZ_STEPS):
        gram = x @ x.mT
        x = torch.baddbmm(x, torch.baddbmm(gram, gram, gram, beta=b, alpha=c), x, beta=a)
    return x


def _unstack(parameter: Tensor) -> Iterable[Tensor]:
    return parameter.unbind(0) if parameter.ndim == 3 else (parameter,)
