"""Element-wise layers with backward passes written by hand: the same floats as autograd's in fewer passes over memory.

On a processor a small net spends as long on these as on its products. Scaling by two is exact, and a sum of two terms
does not know their order, so results are bit for bit those of the plain expressions (tests/families/test_fused.py); a
zero may change its sign. Once differentiable. A net that is compiled has the plain expressions, which torch then fuses.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.autograd import Function
from torch.autograd.function import once_differentiable
from torch.compiler import is_compiling
from torch.nn import functional as F

EPSILON = torch.finfo(torch.float32).eps


class _Normalize(Function):
    """x / √(mean x² + ε) over the last axis: with r the root's inverse, ∂x = g·r − r³·mean(g·x)·x.

    x is given twice, so that each term is added by itself to what else reaches the gradient of x, as autograd does: a
    sum of three knows its order.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, same: Tensor) -> Tensor:
        single = x.float() if x.dtype == torch.bfloat16 else x  # its squares would lose what they are summed for
        inverse = single.pow(2).mean(-1, keepdim=True).add_(EPSILON).rsqrt_().to(x.dtype)
        ctx.save_for_backward(same, inverse)
        return x * inverse

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, Tensor]:
        x, inverse = ctx.saved_tensors
        spread = (grad * x).sum(-1, keepdim=True)
        spread = spread.mul_(-0.5).mul_(inverse.pow(3)).div_(x.shape[-1]).mul_(2)
        return grad * inverse, x * spread


class _SquaredReLU(Function):
    """max(x, 0)²: ∂x = 2·g·max(x, 0)."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        positive: Tensor = x.relu()
        ctx.save_for_backward(positive)
        return positive * positive

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> Tensor:
        (positive,) = ctx.saved_tensors
        twice: Tensor = (grad * positive).mul_(2)
        return twice


class _Rotate(Function):
    """The halves of the last axis turned against each other by an angle; the gradient is turned back."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, cosine: Tensor, sine: Tensor) -> Tensor:
        ctx.save_for_backward(cosine, sine)
        return _turn(x, cosine, sine)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None, None]:
        cosine, sine = ctx.saved_tensors
        return _turn(grad, cosine, -sine), None, None


def normalize(x: Tensor) -> Tensor:
    """RMS norm over the last axis, without gain (Zhang & Sennrich 2019, arXiv 1910.07467, eq. 4)."""
    if is_compiling():
        return F.rms_norm(x, (x.shape[-1],))
    normed: Tensor = _Normalize.apply(x, x)  # type: ignore[no-untyped-call]
    return normed


def square_relu(x: Tensor) -> Tensor:
    """max(x, 0)² (So et al. 2021, arXiv 2109.08668, section 4)."""
    if is_compiling():
        return x.relu().square()
    squared: Tensor = _SquaredReLU.apply(x)  # type: ignore[no-untyped-call]
    return squared


def rotate(x: Tensor, rotation: tuple[Tensor, Tensor]) -> Tensor:
    """Rotary positions (Su et al. 2021, arXiv 2104.09864, eq. 34): `rotation` are cosines and sines, by position."""
    if is_compiling():
        return _turn(x, *rotation)
    rotated: Tensor = _Rotate.apply(x, *rotation)  # type: ignore[no-untyped-call]
    return rotated


def _turn(x: Tensor, cosine: Tensor, sine: Tensor) -> Tensor:
    left, right = x.chunk(2, dim=-1)
    return torch.cat((left * cosine + right * sine, right * cosine - left * sine), dim=-1)
