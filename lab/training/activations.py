"""What enters a net's readout, whatever the family. Shapes: N windows, T tokens, W width, V vocabulary."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from lab.core.errors import InputError
from lab.families import Family


@torch.no_grad()
def read_activations(net: nn.Module, family: Family, inputs_NT: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What enters the net's readout (N·T, W), and the likeliest tokens (N, T); raises `InputError` without a readout.

    The net is read in evaluation and left in the mode it was in.
    """
    seen: list[Tensor] = []
    handle = _find_readout(net, family).register_forward_pre_hook(lambda module, given: seen.append(given[0]))
    training = net.training
    try:
        logits_NTV = net.eval()(torch.from_numpy(inputs_NT).to(next(net.parameters()).device))
    finally:
        handle.remove()
        net.train(training)
    return seen[-1].flatten(0, -2).float().cpu().numpy(), logits_NTV.argmax(-1).cpu().numpy()


def _find_readout(net: nn.Module, family: Family) -> nn.Module:
    """The module that holds what the family calls the readout."""
    names = [name for name, _ in net.named_parameters() if family.group_of(name) == "readout"]
    if not names:
        raise InputError(f"family {type(family).__name__}", None, "no parameter is of its readout", "name one")
    return net.get_submodule(names[0].rpartition(".")[0])
