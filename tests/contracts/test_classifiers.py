"""The contract of a family that classifies: on pictures and on signals of one dimension."""

from __future__ import annotations

import contextlib
import math
import os
import subprocess
import sys
from dataclasses import fields, replace
from typing import Literal, get_args, get_origin, get_type_hints

import pytest
import torch
from torch.nn import functional as F
from torch.utils.flop_counter import FlopCounterMode

from lab.core.errors import InputError
from lab.core.registry import ROOT, open_shelf
from lab.families import GROUPS
from lab.families.classifiers import Classifier, ExampleShape

SHAPES = (ExampleShape((1, 8, 8), 10), ExampleShape((2, 13), 5))
EVERY = pytest.mark.parametrize("name", open_shelf("classifiers").names())


def make_sizes(name: str) -> list[Classifier]:
    """The family at a small size and at twice that."""
    kind: type[Classifier] = open_shelf("classifiers").load(name)
    return [kind(**{kind.size_dial: size}) for size in (4, 8)]


def make_variants(name: str) -> list[Classifier]:
    """Both sizes; every choice of a literal dial; the next values that a whole dial has."""
    family, double = make_sizes(name)
    others: list[dict[str, object]] = []
    for dial, hint in get_type_hints(type(family)).items():
        if dial not in {field.name for field in fields(family)} or dial == family.size_dial:  # type: ignore[arg-type]
            continue
        if get_origin(hint) is Literal:
            others += [{dial: choice} for choice in get_args(hint)]
        elif hint is int:
            others += [{dial: getattr(family, dial) + step} for step in (-1, 1, 6)]
    variants = [family, double]
    for other in others:
        with contextlib.suppress(InputError):
            variants.append(replace(family, **other))  # type: ignore[type-var]
    return variants


def draw_inputs(shape: ExampleShape, examples: int = 16, seed: int = 0) -> torch.Tensor:
    return torch.randn(examples, *shape.inputs, generator=torch.Generator().manual_seed(seed))


def build_random(family: Classifier, shape: ExampleShape) -> torch.nn.Module:
    torch.manual_seed(0)
    net = family.build(shape)
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.normal_(0.1, 0.3)
    return net


@EVERY
def test_the_seed_decides_the_net(name: str) -> None:
    for shape in SHAPES:
        built = []
        for seed in (0, 0, 1):
            torch.manual_seed(seed)
            built.append(torch.cat([p.flatten() for p in make_sizes(name)[0].build(shape).parameters()]))
        assert torch.equal(built[0], built[1])
        assert not torch.equal(built[0], built[2])


@EVERY
def test_groups_partition_the_parameters(name: str) -> None:
    for shape in SHAPES:
        for family in make_variants(name):
            counts = dict.fromkeys(GROUPS, 0)
            for parameter, tensor in family.build(shape).named_parameters():
                counts[family.group_of(parameter)] += tensor.numel()
            assert family.count_parameters(shape) == counts, family
            assert family.count_active(shape) == sum(counts.values())


@EVERY
def test_closed_form_flops_are_those_torch_counts(name: str) -> None:
    for shape in SHAPES:
        for family in make_variants(name):
            net = family.build(shape).eval()
            with FlopCounterMode(display=False) as counter, torch.no_grad():
                net.reference_forward(draw_inputs(shape, examples=1))
            assert family.count_forward_flops(shape) == counter.get_total_flops(), family


@EVERY
def test_the_reference_is_the_same_function(name: str) -> None:
    for shape in SHAPES:
        for family in make_variants(name):
            net, inputs = build_random(family, shape).double().eval(), draw_inputs(shape).double()
            torch.testing.assert_close(net(inputs), net.reference_forward(inputs), rtol=1e-9, atol=1e-9)


@EVERY
def test_it_starts_at_the_logarithm_of_the_classes(name: str) -> None:
    for shape in SHAPES:
        for family in make_variants(name):
            loss = F.cross_entropy(family.build(shape)(draw_inputs(shape)), torch.arange(16) % shape.classes)
            assert loss.item() == pytest.approx(math.log(shape.classes), abs=1e-6)


@EVERY
def test_every_parameter_learns_and_every_input_counts(name: str) -> None:
    for shape in SHAPES:
        for family in make_variants(name):
            net, inputs = build_random(family, shape).double(), draw_inputs(shape).double().requires_grad_()
            F.cross_entropy(net(inputs), torch.arange(16) % shape.classes).backward()
            assert not [key for key, tensor in net.named_parameters() if tensor.grad is None or not tensor.grad.any()]
            assert inputs.grad is not None and bool((inputs.grad.abs().amax(dim=0) > 0).all())


@EVERY
def test_an_example_is_judged_alone_when_it_is_evaluated(name: str) -> None:
    """Norms over a batch are of training: an evaluated example does not depend on its neighbours."""
    for shape in SHAPES:
        net, inputs = build_random(make_sizes(name)[0], shape).double(), draw_inputs(shape).double()
        net(inputs)
        net.eval()
        torch.testing.assert_close(net(inputs)[:3], net(inputs[:3]), rtol=1e-9, atol=1e-9)


@EVERY
def test_size_is_its_dial_and_grows_the_body(name: str) -> None:
    small, large = make_sizes(name)
    assert large.size == 2 * small.size and small.layers >= 1
    for shape in SHAPES:
        assert large.count_parameters(shape)["body"] > small.count_parameters(shape)["body"]
        assert large.count_training_flops(shape) > small.count_training_flops(shape)


def test_counting_needs_no_torch() -> None:
    code = (
        "import sys\n"
        "from lab.core.registry import open_shelf\n"
        "from lab.families.classifiers import ExampleShape\n"
        "shelf = open_shelf('classifiers')\n"
        "for name in shelf.names():\n"
        "    family = shelf.load(name)()\n"
        "    assert family.count_parameters(ExampleShape((1, 8, 8), 10))\n"
        "    assert 'torch' not in sys.modules, name"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "LAB_PATH": ""}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
