"""Fused layers: bit for bit the plain expressions, in value and gradient, also where others use the same tensor."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from lab.families.nets.fused import normalize, rotate, square_relu
from lab.families.nets.transformer import make_rotation

ROTATION = make_rotation(9, 16, torch.device("cpu"))
Layer = Callable[[Tensor], Tensor]


def rotate_plainly(x: Tensor) -> Tensor:
    (cosine, sine), (left, right) = ROTATION, x.chunk(2, dim=-1)
    return torch.cat((left * cosine + right * sine, right * cosine - left * sine), dim=-1)


PAIRS: dict[str, tuple[Layer, Layer]] = {
    "normalize": (normalize, lambda x: F.rms_norm(x, (x.shape[-1],))),
    "square_relu": (square_relu, lambda x: x.relu().square()),
    "rotate": (lambda x: rotate(x, ROTATION), rotate_plainly),
    "all": (
        lambda x: rotate(normalize(square_relu(x)), ROTATION),
        lambda x: rotate_plainly(F.rms_norm(x.relu().square(), (x.shape[-1],))),
    ),
}


def find_values(layer: Layer, x: Tensor) -> tuple[Tensor, Tensor]:
    """Value and gradient of a layer that is added to its own input, as blocks do."""
    x = x.clone().requires_grad_()
    value = x + layer(x)
    (value * torch.linspace(-1, 1, value.numel()).view(value.shape)).sum().backward()
    assert x.grad is not None
    return value.detach(), x.grad


@pytest.mark.parametrize("name", PAIRS)
@pytest.mark.parametrize("strided", [False, True])
def test_the_bits_are_those_of_the_plain_expression(name: str, strided: bool) -> None:
    fused, plain = PAIRS[name]
    x = torch.randn(4, 9, 3, 16, generator=torch.Generator().manual_seed(0))
    x = x.transpose(1, 2) if strided else x.transpose(1, 2).contiguous()
    x[0, 0] = 0.0
    for found, expected in zip(find_values(fused, x), find_values(plain, x), strict=True):
        assert torch.equal(found, expected)


@pytest.mark.parametrize("name", PAIRS)
def test_the_gradient_is_that_of_finite_differences(name: str) -> None:
    x = torch.randn(2, 9, 16, dtype=torch.float64, generator=torch.Generator().manual_seed(1)).requires_grad_()
    layer = PAIRS[name][0]
    assert torch.autograd.gradcheck(layer, (x,), eps=1e-6, atol=1e-4)


def test_half_precision_is_normalised_in_single() -> None:
    x = 300 * torch.randn(5, 64, generator=torch.Generator().manual_seed(2))
    half = normalize(x.bfloat16())
    assert half.dtype == torch.bfloat16
    assert torch.allclose(half.float(), normalize(x), atol=0.03)
