"""What to see of a net before it is trained in earnest (Stanford CS231n 2015, notes on learning and evaluation).

The first loss is that of chance; a few examples can be learned by heart; gradients are those of finite differences.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from lab.core.seeds import derive_seed
from lab.data.examples import ExampleSource
from lab.families import Architecture
from lab.families.classifiers import ExampleShape
from lab.optimizers import Optimizer
from lab.training.optimizers import make_optimizers

CHECKED_EXAMPLES = 16  # of a gradient
STEP = 1e-5  # of a finite difference, in double precision
SPREAD = 0.1  # deviation of what is added to the parameters first: from a readout of zero no gradient reaches the body


@dataclass(frozen=True)
class Sanity:
    """`start_nats`: the first loss; `batch_nats`: of the batch once it was trained on alone; `gradient_error`: how far
    gradients are from finite differences, ‖g − d‖ / (‖g‖ + ‖d‖).
    """

    start_nats: float
    batch_nats: float
    gradient_error: float


def check_net(
    family: Architecture[ExampleShape],
    source: ExampleSource,
    optimizer: Optimizer | str,
    learning_rate: float,
    seed: int,
    batch: int,
    steps: int,
) -> Sanity:
    """All three checks on the first `batch` examples of a seed; their rate falls linearly to zero over the `steps`."""
    torch.manual_seed(derive_seed(seed, "init"))
    net = family.build(ExampleShape(source.shape, source.classes))
    inputs, labels = (torch.from_numpy(part) for part in source.training(seed, batch))
    start = F.cross_entropy(net(inputs), labels).item()
    optimizers = make_optimizers(optimizer, net, family, learning_rate, batch)
    for step in range(steps):
        F.cross_entropy(net(inputs), labels).backward()  # type: ignore[no-untyped-call]
        optimizers.step(1 - step / steps)
    with torch.no_grad():
        end = F.cross_entropy(net(inputs), labels).item()
    torch.manual_seed(derive_seed(seed, "gradient"))
    fresh = family.build(ExampleShape(source.shape, source.classes))
    return Sanity(start, end, compare_gradients(fresh, inputs[:CHECKED_EXAMPLES], labels[:CHECKED_EXAMPLES]))


def compare_gradients(net: nn.Module, inputs: Tensor, labels: Tensor) -> float:
    """‖g − d‖ / (‖g‖ + ‖d‖): the slopes of the loss along a random direction in every parameter, by autograd (g) and by
    central differences (d). The net is changed: made double, and its parameters moved.
    """
    net.double()
    inputs = inputs.double()
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.add_(SPREAD * torch.randn_like(parameter))
    net.zero_grad()
    F.cross_entropy(net(inputs), labels).backward()  # type: ignore[no-untyped-call]
    slopes: list[Any] = []
    with torch.no_grad():
        for parameter in net.parameters():
            direction = torch.randn_like(parameter)
            direction /= direction.norm()
            losses = []
            for move in (STEP, -2 * STEP):  # there, and from there to the other side
                parameter.add_(move * direction)
                losses.append(F.cross_entropy(net(inputs), labels).item())
            parameter.add_(STEP * direction)
            assert parameter.grad is not None
            slopes.append(((parameter.grad * direction).sum().item(), (losses[0] - losses[1]) / (2 * STEP)))
    told, found = np.array(slopes).T
    return float(np.linalg.norm(told - found) / (np.linalg.norm(told) + np.linalg.norm(found)))
