"""The optimizers of a net, stepped as one: an entry of the optimizers shelf, given the net's parameters by group."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
from torch import nn

from lab.core.errors import InputError
from lab.core.registry import open_shelf
from lab.families import GROUPS, Architecture
from lab.optimizers import Optimizer


class OptimizerSet:
    """Several optimizers stepped as one, whose rates are a common factor times what each began with."""

    def __init__(self, optimizers: Iterable[torch.optim.Optimizer]) -> None:
        self.optimizers = list(optimizers)
        for group in self._groups():
            group["plateau"] = group["lr"]

    def step(self, factor: float) -> None:
        """One update at `factor` times the plateau rate, then the gradients are dropped."""
        for group in self._groups():
            group["lr"] = group["plateau"] * factor
        for optimizer in self.optimizers:
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)

    def state_dict(self) -> list[dict[str, Any]]:
        """The states, in order."""
        return [optimizer.state_dict() for optimizer in self.optimizers]

    def load_state_dict(self, states: list[dict[str, Any]]) -> None:
        """Restores what `state_dict` gave."""
        for optimizer, state in zip(self.optimizers, states, strict=True):
            optimizer.load_state_dict(state)

    def parameters(self) -> Iterable[nn.Parameter]:
        """What they own."""
        return (parameter for group in self._groups() for parameter in group["params"])

    def _groups(self) -> Iterable[dict[str, Any]]:
        return (group for optimizer in self.optimizers for group in optimizer.param_groups)


def make_optimizers(
    optimizer: Optimizer | str, net: nn.Module, family: Architecture[Any], learning_rate: float, batch_tokens: int
) -> OptimizerSet:
    """An entry of the optimizers shelf, or the one of this name at its defaults, over the groups of `family`.

    `learning_rate` is that of the plateau. Raises `UnknownNameError` for a name that is none, and `InputError` where
    the optimizer leaves a parameter out or takes one twice.
    """
    chosen: Optimizer = open_shelf("optimizers").load(optimizer)() if isinstance(optimizer, str) else optimizer
    groups: dict[str, dict[str, nn.Parameter]] = {group: {} for group in GROUPS}
    for name, parameter in net.named_parameters():
        groups[family.group_of(name)][name] = parameter
    _mark_stacks(net)
    built = OptimizerSet(chosen.build(groups, learning_rate, batch_tokens))
    if sorted(map(id, built.parameters())) != sorted(map(id, net.parameters())):
        rule = "its `build` owns every parameter once: one is left out, or taken twice"
        raise InputError(f"optimizer {type(chosen).__name__}", None, rule)
    return built


def _mark_stacks(net: nn.Module) -> None:
    """On the parameters themselves: an optimizer of one's own is handed nothing else."""
    for module in net.modules():
        for name in getattr(module, "stacks", ()):
            setattr(module.get_parameter(name), "stacked", True)  # noqa: B010 - torch declares no such attribute
