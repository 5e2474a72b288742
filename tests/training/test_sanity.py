"""Checks of a net find what is wrong with one: a false gradient, a batch that cannot be learned."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from lab.data.examples.digits import Digits
from lab.families.classifiers.mlp import MLP
from lab.families.classifiers.resnet import ResNet
from lab.training.sanity import check_net, compare_gradients


class FalseSquare(torch.autograd.Function):
    """x², whose backward pass forgets the factor of two."""

    @staticmethod
    def forward(context: Any, x: Tensor) -> Tensor:
        context.save_for_backward(x)
        return x**2

    @staticmethod
    def backward(context: Any, gradient: Tensor) -> Tensor:  # type: ignore[override]
        return gradient * context.saved_tensors[0]


class Squared(nn.Module):
    def __init__(self, right: bool) -> None:
        super().__init__()
        self.right, self.below, self.above = right, nn.Linear(64, 6), nn.Linear(6, 10)

    def forward(self, inputs: Tensor) -> Tensor:
        hidden = self.below(inputs.flatten(1))
        return self.above(hidden**2 if self.right else FalseSquare.apply(hidden))


def test_a_false_gradient_is_found_and_a_right_one_is_not() -> None:
    inputs, labels = (torch.from_numpy(part[:16]) for part in Digits().heldout())
    for right in (True, False):
        torch.manual_seed(0)
        error = compare_gradients(Squared(right), inputs, labels)
        assert (error < 1e-7) is right and (error > 1e-2) is not right


@pytest.mark.parametrize("family", [MLP(width=8), ResNet(width=4, placement="pre")])
def test_a_batch_is_learned_with_enough_steps_only(family: Any) -> None:
    few, many = (check_net(family, Digits(), "adamw", 0.02, 0, 16, steps) for steps in (2, 150))
    assert few.start_nats == many.start_nats == pytest.approx(2.302585, abs=1e-5)
    assert many.batch_nats < 0.1 < few.batch_nats
    assert many.gradient_error == few.gradient_error < 1e-4
