"""The diagonal state space beyond the contract of families: its kernel, its spectra, what its generation remembers."""

from __future__ import annotations

import math

import pytest
import torch

from lab.core.errors import InputError
from lab.core.registry import open_shelf
from lab.families import Shape

S4D = open_shelf("families").load("s4d")
SHAPE = Shape(vocabulary=13, window=40)


def build(width: int = 6, **dials: object) -> torch.nn.Module:
    torch.manual_seed(0)
    net: torch.nn.Module = S4D(width=width, **dials).build(SHAPE).double()
    return net


@pytest.mark.parametrize("length", [1, 7, 16, 40, 300])
@pytest.mark.parametrize("spectrum", ["lin", "inv"])
def test_the_kernel_is_the_sum_over_modes(length: int, spectrum: str) -> None:
    """2 Re Σ C (e^ΔA − 1)/A e^{tΔA}, every power by itself."""
    system = build(states=8, spectrum=spectrum).blocks[0].system
    poles = torch.complex(-system.log_decay.exp(), system.frequency).view(6, 4)
    step = system.log_step.exp()[:, None]
    output = torch.view_as_complex(system.weights.view(6, 4, 2)) * ((step * poles).exp() - 1) / poles
    powers = (step * poles)[..., None] * torch.arange(length)
    expected = 2 * (output[..., None] * powers.exp()).sum(dim=1).real
    torch.testing.assert_close(system.make_kernel(length), expected, rtol=1e-10, atol=1e-12)


def test_spectra_are_those_of_the_paper() -> None:
    linear, inverse = (build(states=8, spectrum=s).blocks[0].system for s in ("lin", "inv"))
    torch.testing.assert_close(linear.frequency[:4], torch.tensor([0.0, 1.0, 2.0, 3.0]).double() * math.pi)
    expected = [8 / math.pi * (8 / (2 * m + 1) - 1) for m in range(4)]
    torch.testing.assert_close(inverse.frequency[4:8], torch.tensor(expected).double())
    assert (linear.log_decay.exp() - 0.5).abs().max() < 1e-6


def test_generation_remembers_no_more_the_more_it_reads() -> None:
    net = build(states=8, layers=2)
    tokens_BT = torch.randint(13, (3, 30), generator=torch.Generator().manual_seed(0))
    sizes = [[modes.numel() for modes in net.advance(tokens_BT[:, :read], None)[1]] for read in (1, 30)]
    assert sizes[0] == sizes[1] == [3 * 6 * 8] * 2


def test_systems_are_not_rounded_where_the_products_around_them_are() -> None:
    system = build().float().blocks[0].system
    inputs_BTW = torch.randn(2, 40, 6, generator=torch.Generator().manual_seed(0))
    with torch.autocast("cpu", torch.bfloat16):
        rounded_BTW = system.convolve(inputs_BTW)
    assert torch.equal(rounded_BTW, system.convolve(inputs_BTW))


def test_flops_grow_with_the_window_alone() -> None:
    """Twice the window, twice the work: the recurrence is what is counted."""
    family = S4D(width=16)
    short, long = (family.count_forward_flops(Shape(13, window)) for window in (64, 128))
    assert long == 2 * short


@pytest.mark.parametrize("states", [0, 7])
def test_states_come_in_pairs(states: int) -> None:
    with pytest.raises(InputError, match=r"s4d\.states"):
        S4D(states=states)
