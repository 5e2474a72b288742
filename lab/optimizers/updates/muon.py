"""Muon's update: momentum, orthogonalised (Jordan et al. 2024).

Torch's own casts to bfloat16, which a CPU multiplies thirty times slower than float32; this one stays in the
parameters' precision and runs all matrices of one shape as one batched product.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable

import torch
from torch import Tensor, nn

QUINTIC = (3.4445, -4.7750, 2.0315)  # coefficients of Jordan et al. 2024: steepest slope at zero
NEWTON_SCHULZ_STEPS = 5


class MuonUpdate(torch.optim.Optimizer):
    """Momentum, orthogonalised; a `stacked` parameter (k, r, c) is k matrices, any other (r, …) one, flattened.

    The update of an r × c matrix is scaled by √max(1, r/c), so that its root-mean-square change of the output does not
    depend on the shape (Jordan et al. 2024; Bernstein & Newhouse 2024).
    """

    def __init__(self, parameters: Iterable[nn.Parameter], lr: float, momentum: float = 0.95) -> None:
        super().__init__(parameters, {"lr": lr, "momentum": momentum})

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
                state["momentum"].lerp_(parameter.grad, 1 - group["momentum"])
                ahead = parameter.grad.lerp(state["momentum"], group["momentum"])  # Nesterov
                cut = torch.unbind if getattr(parameter, "stacked", False) else _leave_whole
                for part, update in zip(cut(parameter), cut(ahead), strict=True):
                    matrix = update.flatten(1)
                    wide = matrix if matrix.shape[0] <= matrix.shape[1] else matrix.T
                    stacks[tuple(wide.shape)].append((part, wide))
            for pairs in stacks.values():
                orthogonal = orthogonalize(torch.stack([wide for _, wide in pairs]))
                for (part, _), wide in zip(pairs, orthogonal, strict=True):
                    rows, columns = len(part), part[0].numel()
                    update = wide if rows <= columns else wide.T
                    part.add_(update.reshape(part.shape), alpha=-group["lr"] * max(1.0, rows / columns) ** 0.5)


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


def _leave_whole(parameter: Tensor) -> tuple[Tensor, ...]:
    return (parameter,)
