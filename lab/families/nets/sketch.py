"""Counting what a net holds and does without holding it: torch's meta device knows shapes and no numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from lab.core.errors import InputError


@dataclass(frozen=True)
class Sketch:
    """`parameters` by name, and FLOP of the matrix products in a forward pass over one window."""

    parameters: Mapping[str, int]
    forward_flops: int


def draw_sketch(build: Callable[[], nn.Module], window: int, name: str) -> Sketch:
    """The counts of the net that `build` makes; torch's generators are left as they are.

    Raises `InputError` for a net that cannot be built or run without numbers, or in which torch sees no product.
    """
    try:
        with torch.random.fork_rng(devices=[]), torch.device("meta"), torch.no_grad():
            net = build()
            tokens_BT = torch.zeros(1, window, dtype=torch.int64)
            with FlopCounterMode(display=False) as counter:
                net.reference_forward(tokens_BT)  # type: ignore[operator]
    except (RuntimeError, NotImplementedError, TypeError, ValueError) as error:
        rule = "its net cannot be built and run on torch's meta device, which has shapes and no numbers"
        raise InputError(f"family {name}", str(error).partition("\n")[0], rule, "make no choice by a value") from error
    flops = int(counter.get_total_flops())
    if not flops:
        rule = "torch's counter sees no matrix product in it"
        raise InputError(f"family {name}", None, rule, "give the net `reference_forward` in plain products")
    return Sketch({name: parameter.numel() for name, parameter in net.named_parameters()}, flops)


def offer_reference(net: nn.Module) -> nn.Module:
    """The net, whose `forward` is its `reference_forward` unless it has one."""
    if not hasattr(net, "reference_forward"):
        net.reference_forward = net.forward  # type: ignore[assignment]
    return net
