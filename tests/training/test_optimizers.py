"""Muon's update and which parameters it takes."""

from __future__ import annotations

import pytest
import torch

from lab.core.errors import UnknownNameError
from lab.core.registry import open_shelf
from lab.families import Shape
from lab.families.factory import adopt
from lab.optimizers.updates.muon import MuonUpdate, orthogonalize
from lab.training.optimizers import make_optimizers


class StackOfThree(torch.nn.Module):
    """A net that says what its parameter is."""

    stacks = ("stack",)

    def __init__(self) -> None:
        super().__init__()
        self.stack = torch.nn.Parameter(torch.zeros(3, 8, 8))


def make_stack(vocabulary: int, window: int, size: int = 8) -> torch.nn.Module:
    return StackOfThree()


def test_orthogonalize_flattens_singular_values_and_keeps_directions() -> None:
    torch.manual_seed(0)
    matrices = torch.randn(3, 16, 40)
    result = orthogonalize(matrices)
    values = torch.linalg.svdvals(result)
    assert values.min() > 0.6 and values.max() < 1.3
    u, _, vh = torch.linalg.svd(matrices, full_matrices=False)
    polar = u @ vh
    cosine = (result * polar).sum(dim=(1, 2)) / (result.norm(dim=(1, 2)) * polar.norm(dim=(1, 2)))
    assert cosine.min() > 0.97


def test_stack_of_matrices_is_updated_like_each_alone() -> None:
    torch.manual_seed(0)
    gradient = torch.randn(3, 8, 8)
    net = StackOfThree()
    make_optimizers("muon", net, adopt(make_stack)(), 0.1, 64)
    stacked = net.stack
    alone = [torch.nn.Parameter(torch.zeros(8, 8)) for _ in range(3)]
    stacked.grad = gradient.clone()
    for parameter, part in zip(alone, gradient, strict=True):
        parameter.grad = part.clone()
    MuonUpdate([stacked], lr=0.1).step()
    MuonUpdate(alone, lr=0.1).step()
    torch.testing.assert_close(stacked.detach(), torch.stack([p.detach() for p in alone]), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("shape", [(6, 4, 3), (40, 3, 2, 2)])
def test_a_kernel_is_the_matrix_of_its_outputs_by_all_else(shape: tuple[int, ...]) -> None:
    torch.manual_seed(0)
    gradient = torch.randn(shape)
    kernel, flat = torch.nn.Parameter(torch.zeros(shape)), torch.nn.Parameter(torch.zeros(shape).flatten(1))
    kernel.grad, flat.grad = gradient.clone(), gradient.flatten(1)
    MuonUpdate([kernel], lr=0.1).step()
    MuonUpdate([flat], lr=0.1).step()
    torch.testing.assert_close(kernel.detach().flatten(1), flat.detach(), rtol=0, atol=0)
    assert flat.abs().max() > 0.01


def test_a_parameter_in_any_layout_of_memory_moves() -> None:
    image = torch.nn.Parameter(torch.zeros(4, 3, 2, 2).to(memory_format=torch.channels_last))
    image.grad = torch.randn(4, 3, 2, 2).to(memory_format=torch.channels_last)
    MuonUpdate([image], lr=0.1).step()
    assert image.abs().min() > 0


@pytest.mark.parametrize("name", open_shelf("families").names())
def test_every_parameter_of_the_house_with_three_dimensions_is_a_declared_stack(name: str) -> None:
    family = open_shelf("families").load(name)(width=16)
    net = family.build(Shape(8, 16))
    make_optimizers("muon", net, family, 0.01, 64)
    assert all(getattr(p, "stacked", False) == (p.ndim == 3) for p in net.parameters())


def test_tall_and_wide_matrices_share_a_product() -> None:
    torch.manual_seed(0)
    gradient = torch.randn(8, 32)
    wide, tall = torch.nn.Parameter(torch.zeros(8, 32)), torch.nn.Parameter(torch.zeros(32, 8))
    wide.grad, tall.grad = gradient.clone(), gradient.T.clone()
    MuonUpdate([wide, tall], lr=0.1).step()
    # A tall matrix moves √(rows / columns) = 2 times as far as the wide one.
    torch.testing.assert_close(tall.detach(), 2 * wide.detach().T, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("family", ["transformer", "lstm"])
def test_every_parameter_has_one_optimizer(family: str) -> None:
    entry = open_shelf("families").load(family)(width=16)
    net = entry.build(Shape(64, 8))
    for name in ("adamw", "muon"):
        optimizers = make_optimizers(name, net, entry, 0.01, 2048).optimizers
        owned = [id(p) for o in optimizers for g in o.param_groups for p in g["params"]]
        assert sorted(owned) == sorted(id(p) for p in net.parameters())


def test_unknown_optimizer_names_the_known() -> None:
    entry = open_shelf("families").load("lstm")(width=4)
    with pytest.raises(UnknownNameError, match="did you mean 'adamw'"):
        make_optimizers("adam", entry.build(Shape(8, 4)), entry, 0.01, 64)
