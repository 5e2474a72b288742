"""The net of the multilayer perceptron. Shapes: B examples, W width, K classes."""

from __future__ import annotations

from itertools import pairwise

from torch import Tensor, nn


class PerceptronNet(nn.Module):
    """Linear layers with rectified units between them; the readout starts at zero."""

    def __init__(self, numbers: int, classes: int, width: int, hidden: int) -> None:
        super().__init__()
        widths = [numbers, *[width] * hidden]
        self.layers = nn.ModuleList(make_layer(below, above) for below, above in pairwise(widths))
        self.readout = nn.Linear(widths[-1], classes)
        nn.init.zeros_(self.readout.weight)
        nn.init.zeros_(self.readout.bias)

    def forward(self, inputs: Tensor) -> Tensor:
        """`logits_BK` of inputs (B, …)."""
        stream_BW = inputs.flatten(1)
        for layer in self.layers:
            stream_BW = layer(stream_BW).relu()
        logits_BK: Tensor = self.readout(stream_BW)
        return logits_BK

    reference_forward = forward


def make_layer(below: int, above: int) -> nn.Linear:
    """Started as He et al. 2015 (arXiv 1502.01852) have it, its bias at zero."""
    layer = nn.Linear(below, above)
    nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
    nn.init.zeros_(layer.bias)
    return layer
