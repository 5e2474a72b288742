"""Causal convolutions see what they say they see."""

from __future__ import annotations

import pytest
import torch

from lab.core.errors import InputError
from lab.families import Shape
from lab.families.causal_conv import CausalConv

SHAPE = Shape(vocabulary=11, window=40)
FAMILIES = (
    CausalConv(width=4, layers=3, cycle=2),  # dilations 1, 2, 1
    CausalConv(width=4, layers=4, cycle=4, taps=3),
    CausalConv(width=4, layers=1, taps=5),
)


@pytest.mark.parametrize(("family", "tokens"), list(zip(FAMILIES, (5, 31, 5), strict=True)))
def test_a_prediction_depends_on_its_receptive_field_and_nothing_else(family: CausalConv, tokens: int) -> None:
    assert family.receptive_field == tokens
    net = family.build(SHAPE).double()
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.normal_(0.0, 0.5)
    before_BT = torch.randint(SHAPE.vocabulary, (1, SHAPE.window))
    last = net(before_BT)[0, -1]
    depends = []
    for time in range(SHAPE.window):
        changed_BT = before_BT.clone()
        changed_BT[0, time] = (changed_BT[0, time] + 1) % SHAPE.vocabulary
        depends.append(not torch.equal(net(changed_BT)[0, -1], last))
    assert depends == [False] * (SHAPE.window - tokens) + [True] * tokens


def test_the_default_sees_a_window_of_128() -> None:
    assert CausalConv().receptive_field == 128
    assert CausalConv(layers=14).receptive_field == 255


def test_reading_on_remembers_no_more_than_the_dilations_reach_back() -> None:
    net = FAMILIES[1].build(SHAPE)
    state = None
    for tokens_BT in torch.randint(SHAPE.vocabulary, (2, SHAPE.window)).split(5, dim=1):
        _, state = net.advance(tokens_BT, state)
    assert state is not None
    assert [kept.shape[1] for kept in state] == [2, 4, 8, 16]


def test_a_dilation_that_no_window_holds_is_refused() -> None:
    with pytest.raises(InputError, match="cycle from 1 to 16"):
        CausalConv(cycle=64)
