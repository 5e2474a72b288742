"""The contract of a model family."""

from __future__ import annotations

import contextlib
import math
import os
import subprocess
import sys
from dataclasses import replace
from typing import Literal, get_args, get_origin, get_type_hints

import pytest
import torch
from torch.nn import functional as F
from torch.utils.flop_counter import FlopCounterMode

from lab.core.columns import COLUMNS
from lab.core.errors import InputError, LabError
from lab.core.registry import ROOT, open_shelf
from lab.families import GROUPS, Family, Shape
from lab.families.nets.losses import count_loss
from lab.training.objective import find_objective

SHAPE = Shape(vocabulary=61, window=24)
EVERY = pytest.mark.parametrize("name", open_shelf("families").names())


def make_sizes(name: str) -> list[Family]:
    """The family at its default size and at twice that."""
    family: Family = open_shelf("families").load(name)()
    return [family, replace(family, **{family.size_dial: 2 * family.size})]  # type: ignore[type-var]


def make_variants(name: str) -> list[Family]:
    """Both sizes; by turns every choice of a literal dial, and twice a whole dial (2 where it follows the size)."""
    family, double = make_sizes(name)
    others = []
    for dial, hint in get_type_hints(type(family)).items():
        value = getattr(family, dial, None)
        if get_origin(hint) is Literal:
            others += [{dial: choice} for choice in get_args(hint) if choice != value]
        elif hint in (int, int | None) and dial != family.size_dial:
            others.append({dial: 2 * (value or 1)})
    variants = [family, double]
    for other in others:
        with contextlib.suppress(InputError):  # not every dial has twice its default
            variants.append(replace(family, **other))  # type: ignore[type-var]
    return variants


def build_random(family: Family, seed: int = 0) -> torch.nn.Module:
    """The net with every parameter drawn at random: zeros at the start would hide what a path computes."""
    torch.manual_seed(seed)
    net = family.build(SHAPE)
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.normal_(0.0, 0.3)
    return net


def draw_tokens(windows: int = 3, seed: int = 0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(SHAPE.vocabulary, (windows, SHAPE.window), generator=generator)


@EVERY
def test_the_seed_decides_the_net(name: str) -> None:
    family = make_sizes(name)[0]
    built = []
    for seed in (0, 0, 1):
        torch.manual_seed(seed)
        built.append(torch.cat([p.flatten() for p in family.build(SHAPE).parameters()]))
    assert torch.equal(built[0], built[1])
    assert not torch.equal(built[0], built[2])


@EVERY
def test_groups_partition_the_parameters(name: str) -> None:
    for family in make_variants(name):
        counts = dict.fromkeys(GROUPS, 0)
        for parameter, tensor in family.build(SHAPE).named_parameters():
            counts[family.group_of(parameter)] += tensor.numel()
        assert family.count_parameters(SHAPE) == counts
        assert 0 < family.count_active(SHAPE) <= sum(counts.values())


@EVERY
def test_closed_form_flops_are_those_torch_counts(name: str) -> None:
    for family in make_variants(name):
        net = family.build(SHAPE)
        with FlopCounterMode(display=False) as counter, torch.no_grad():
            net.reference_forward(draw_tokens(windows=1))
        assert family.count_forward_flops(SHAPE) == counter.get_total_flops()


@EVERY
def test_the_reference_is_the_same_function(name: str) -> None:
    for family in make_variants(name):
        net = build_random(family).double()
        tokens_BT = draw_tokens()
        torch.testing.assert_close(net(tokens_BT), net.reference_forward(tokens_BT), rtol=1e-9, atol=1e-9)


@EVERY
def test_the_future_is_not_seen(name: str) -> None:
    for family in make_variants(name):
        net = build_random(family).double()
        tokens_BT = draw_tokens()
        logits_BTV = net(tokens_BT)
        for time in (1, SHAPE.window // 2, SHAPE.window - 1):
            changed_BT = tokens_BT.clone()
            changed_BT[:, time:] = (changed_BT[:, time:] + 1) % SHAPE.vocabulary
            difference_BT = (net(changed_BT) - logits_BTV).abs().amax(dim=-1)
            assert difference_BT[:, :time].max() < 1e-9
            assert difference_BT[:, time:].max() > 1e-6, "the present must be seen"


@EVERY
def test_reading_on_from_a_state_is_the_same_function(name: str) -> None:
    for family in make_variants(name):
        net = build_random(family).double()
        if not hasattr(net, "advance"):
            pytest.skip("not autoregressive: its net has no `advance`")
        tokens_BT, state, pieces = draw_tokens(), None, []
        for piece in tokens_BT.split([7, 1, 1, SHAPE.window - 9], dim=1):
            logits_BTV, state = net.advance(piece, state)
            pieces.append(logits_BTV)
        torch.testing.assert_close(torch.cat(pieces, dim=1), net(tokens_BT), rtol=1e-9, atol=1e-9)


@EVERY
def test_a_beginning_is_read_as_in_the_whole(name: str) -> None:
    net = build_random(make_sizes(name)[0]).double()
    tokens_BT = draw_tokens()
    torch.testing.assert_close(net(tokens_BT[:, :9]), net(tokens_BT)[:, :9], rtol=1e-9, atol=1e-9)


@EVERY
def test_beyond_its_window_it_reads_on_or_says_that_it_cannot(name: str) -> None:
    net = build_random(make_sizes(name)[0])
    if not hasattr(net, "advance"):
        pytest.skip("not autoregressive: its net has no `advance`")
    _, state = net.advance(draw_tokens(), None)
    try:
        logits_BTV, _ = net.advance(draw_tokens(seed=1)[:, :2], state)
    except LabError as error:
        assert str(SHAPE.window) in str(error)
        with pytest.raises(LabError, match=str(SHAPE.window)):
            net(torch.cat((draw_tokens(), draw_tokens()), dim=1))
    else:
        assert logits_BTV.shape == (3, 2, SHAPE.vocabulary) and logits_BTV.isfinite().all()


@EVERY
def test_dropout_draws_from_the_seed_and_only_in_training(name: str) -> None:
    family = make_sizes(name)[0]
    if not hasattr(family, "dropout"):
        pytest.skip("has no dial called dropout")
    net, tokens_BT = build_random(replace(family, layers=2, dropout=0.5)).double(), draw_tokens()  # type: ignore[call-arg, type-var]
    drawn = []
    for seed in (0, 0, 1):
        torch.manual_seed(seed)
        drawn.append(net(tokens_BT))
    assert torch.equal(drawn[0], drawn[1])
    assert not torch.equal(drawn[0], drawn[2])
    net.eval()
    assert torch.equal(net(tokens_BT), net(tokens_BT))
    torch.testing.assert_close(net(tokens_BT), net.reference_forward(tokens_BT), rtol=1e-9, atol=1e-9)


@EVERY
def test_the_order_of_its_units_is_no_part_of_the_function(name: str) -> None:
    for family in make_sizes(name):
        net = build_random(family).double()
        if not hasattr(net, "permute_units"):
            pytest.skip("does not say which of its units may be reordered")
        before, said = {key: value.clone() for key, value in net.state_dict().items()}, net(draw_tokens())
        net.permute_units(torch.Generator().manual_seed(0))
        torch.testing.assert_close(net(draw_tokens()), said, rtol=1e-9, atol=1e-9)
        for key, value in net.state_dict().items():
            if value.dim() > 1:
                assert not torch.equal(value, before[key]), f"{key} stayed as it was"


@EVERY
def test_it_starts_knowing_nothing(name: str) -> None:
    for family in make_variants(name):
        torch.manual_seed(0)
        logits_BTV = family.build(SHAPE)(draw_tokens(windows=8))
        loss = F.cross_entropy(logits_BTV.flatten(0, 1), draw_tokens(windows=8, seed=1).flatten())
        assert loss.item() == pytest.approx(math.log(SHAPE.vocabulary), abs=0.1)


@EVERY
def test_every_parameter_learns(name: str) -> None:
    for family in make_variants(name):
        net = build_random(family)
        find_objective(net, draw_tokens(), draw_tokens(seed=1))[0].backward()  # type: ignore[no-untyped-call]
        assert not [name for name, tensor in net.named_parameters() if tensor.grad is None or not tensor.grad.any()]


@EVERY
def test_the_loss_told_beside_the_objective_is_that_of_the_next_token(name: str) -> None:
    net = build_random(make_sizes(name)[0]).double()
    inputs_BT, targets_BT = draw_tokens(), draw_tokens(seed=1)
    for weights_BT in (None, torch.rand(inputs_BT.shape, generator=torch.Generator().manual_seed(2))):
        objective, nats = find_objective(net, inputs_BT, targets_BT, weights_BT)
        expected = count_loss(net(inputs_BT), targets_BT, weights_BT)
        torch.testing.assert_close(nats, expected, rtol=1e-9, atol=1e-9)
        assert objective.isfinite() and objective.requires_grad


@EVERY
def test_training_costs_three_passes_or_more(name: str) -> None:
    for family in make_sizes(name):
        assert family.count_training_flops(SHAPE) >= 3 * family.count_forward_flops(SHAPE)


@EVERY
def test_a_net_reports_columns_of_the_glossary(name: str) -> None:
    net = build_random(make_sizes(name)[0])
    if not hasattr(net, "report"):
        pytest.skip("measures nothing of its own")
    net.eval()
    net(draw_tokens())
    first = net.report()
    net(draw_tokens(seed=1))
    both = net.report()
    net.eval()
    net(draw_tokens())
    assert first == net.report() != both, "what is reported is of this evaluation"
    assert set(first) <= set(COLUMNS)


@EVERY
def test_size_is_its_dial_and_grows_the_body(name: str) -> None:
    small, large = make_sizes(name)
    assert large.size == 2 * small.size
    assert large.count_parameters(SHAPE)["body"] > small.count_parameters(SHAPE)["body"]
    assert large.count_forward_flops(SHAPE) > small.count_forward_flops(SHAPE)


def test_counting_needs_no_torch() -> None:
    code = (
        "import sys\n"
        "from lab.core.registry import ROOT, open_shelf\n"
        "from lab.families import Shape\n"
        "shelf = open_shelf('families')\n"
        "for name in shelf.names():\n"
        "    family = shelf.load(name)()\n"
        "    assert family.count_parameters(Shape(61, 24)) and family.count_forward_flops(Shape(61, 24))\n"
        "    assert 'torch' not in sys.modules, name"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "LAB_PATH": ""}  # an adopted net is counted by torch
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
