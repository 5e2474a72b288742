"""Convolutional nets of three stages: as deep and as large as published, and what a shortcut carries."""

from __future__ import annotations

import pytest
import torch

from lab.core.errors import InputError
from lab.families.classifiers import ExampleShape
from lab.families.classifiers.plain_convnet import PlainConvnet
from lab.families.classifiers.resnet import ResNet
from lab.families.nets.convnet import carry_stream
from lab.families.stages import Pair

CIFAR = ExampleShape((3, 32, 32), 10)


@pytest.mark.parametrize(("depth", "millions"), [(20, 0.27), (32, 0.46), (44, 0.66), (56, 0.85)])
def test_parameters_are_those_of_the_paper(depth: int, millions: float) -> None:
    """He et al. 2015, table 6, on CIFAR-10."""
    for family in (PlainConvnet(depth=depth), ResNet(depth=depth), ResNet(depth=depth, placement="pre")):
        assert sum(family.count_parameters(CIFAR).values()) / 1e6 == pytest.approx(millions, abs=0.005)


def test_a_net_has_as_many_layers_of_weights_as_its_depth() -> None:
    for depth in (8, 20):
        net = ResNet(width=2, depth=depth).build(ExampleShape((1, 8, 8), 10))
        weights = [key for key, tensor in net.named_parameters() if tensor.dim() > 1]
        assert len(weights) == depth
    for depth in (2, 9, 57):
        with pytest.raises(InputError, match="6·n \\+ 2"):
            PlainConvnet(depth=depth)


def test_a_shortcut_carries_every_second_place_and_no_parameter() -> None:
    stream = torch.arange(2 * 3 * 5 * 5.0).view(2, 3, 5, 5)
    carried = carry_stream(stream, Pair(3, 6, 2, 9))
    assert carried.shape == (2, 6, 3, 3)
    assert torch.equal(carried[:, :3], stream[:, :, ::2, ::2]) and not carried[:, 3:].any()
    assert carry_stream(stream, Pair(3, 3, 1, 25)) is stream


def test_residual_nets_begin_as_their_shortcuts_where_their_convolutions_are_nothing() -> None:
    shape, inputs = ExampleShape((1, 8, 8), 10), torch.randn(4, 1, 8, 8)
    net = ResNet(width=4, placement="pre").build(shape)
    with torch.no_grad():
        for pair in net.pairs:
            pair.second.weight.zero_()
        stream = net.stem(inputs)
        torch.testing.assert_close(net.pairs(stream)[:, :4], stream[:, :, ::4, ::4])
