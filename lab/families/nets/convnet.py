"""Convolutional nets of three stages: plain, residual, and residual with its norms first.

Shapes: B examples, C channels, then the places (height and width, or length), K classes.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from lab.families.classifiers import ExampleShape
from lab.families.stages import TAPS, Pair

CONVOLUTIONS = {1: nn.Conv1d, 2: nn.Conv2d}
NORMS = {1: nn.BatchNorm1d, 2: nn.BatchNorm2d}


class PairOfConvolutions(nn.Module):
    """Two convolutions with a norm each; what stands between them, and beside them, is the subclass's."""

    norms_first = False

    def __init__(self, pair: Pair, axes: int, norm: str) -> None:
        super().__init__()
        self.pair = pair
        self.first = make_convolution(pair.below, pair.above, axes, norm, pair.stride)
        self.second = make_convolution(pair.above, pair.above, axes, norm)
        self.first_norm = make_norm(pair.below if self.norms_first else pair.above, axes, norm)
        self.second_norm = make_norm(pair.above, axes, norm)


class PlainPair(PairOfConvolutions):
    """Convolution, norm, rectifier, twice."""

    def forward(self, stream: Tensor) -> Tensor:
        """(B, below, …) to (B, above, …)."""
        stream = F.relu(self.first_norm(self.first(stream)))
        return F.relu(self.second_norm(self.second(stream)))


class PostPair(PairOfConvolutions):
    """The same with the stream added before the last rectifier (He et al. 2015, equation 1)."""

    def forward(self, stream: Tensor) -> Tensor:
        """(B, below, …) to (B, above, …)."""
        inner = F.relu(self.first_norm(self.first(stream)))
        return F.relu(self.second_norm(self.second(inner)) + carry_stream(stream, self.pair))


class PrePair(PairOfConvolutions):
    """Norm, rectifier, convolution, twice, added to an untouched stream (He et al. 2016, figure 4e)."""

    norms_first = True

    def forward(self, stream: Tensor) -> Tensor:
        """(B, below, …) to (B, above, …)."""
        inner = self.first(F.relu(self.first_norm(stream)))
        inner = self.second(F.relu(self.second_norm(inner)))
        summed: Tensor = inner + carry_stream(stream, self.pair)
        return summed


class ConvNet(nn.Module):
    """A convolution of the input with norm and rectifier, the pairs, the mean over places, a readout from zero."""

    def __init__(
        self, shape: ExampleShape, width: int, norm: str, pairs: Sequence[Pair], kind: type[PairOfConvolutions]
    ) -> None:
        super().__init__()
        axes, top = len(shape.places), pairs[-1].above
        self.stem = make_convolution(shape.channels, width, axes, norm)
        self.norm = make_norm(top if kind.norms_first else width, axes, norm)
        self.pairs = nn.Sequential(*(kind(pair, axes, norm) for pair in pairs))
        self.readout = nn.Linear(top, shape.classes)
        nn.init.zeros_(self.readout.weight)
        nn.init.zeros_(self.readout.bias)

    def forward(self, inputs: Tensor) -> Tensor:
        """`logits_BK` of inputs (B, C, …)."""
        return self.read_out(self.pairs(F.relu(self.norm(self.stem(inputs)))))

    def reference_forward(self, inputs: Tensor) -> Tensor:
        """The same: torch counts convolutions."""
        return self.forward(inputs)

    def read_out(self, stream: Tensor) -> Tensor:
        """`logits_BK` of the mean over places."""
        logits_BK: Tensor = self.readout(stream.flatten(2).mean(dim=2))
        return logits_BK


class PreNet(ConvNet):
    """The same with the one norm and rectifier behind the pairs instead of before them."""

    def forward(self, inputs: Tensor) -> Tensor:
        """`logits_BK` of inputs (B, C, …)."""
        return self.read_out(F.relu(self.norm(self.pairs(self.stem(inputs)))))


def carry_stream(stream: Tensor, pair: Pair) -> Tensor:
    """The stream at every `stride`-th place, filled up with channels of zeros (option A)."""
    if pair.stride > 1:
        for axis in range(2, stream.dim()):
            stream = stream.index_select(axis, torch.arange(0, stream.shape[axis], pair.stride, device=stream.device))
    if pair.above == pair.below:
        return stream
    return F.pad(stream, (*[0] * (2 * (stream.dim() - 2)), 0, pair.above - pair.below))


def make_convolution(below: int, above: int, axes: int, norm: str, stride: int = 1) -> nn.Module:
    """As many places out as in (over the stride), started as He et al. 2015 (arXiv 1502.01852) have it."""
    convolution = CONVOLUTIONS[axes](below, above, TAPS, stride, padding=TAPS // 2, bias=norm == "none")
    nn.init.kaiming_normal_(convolution.weight, mode="fan_out", nonlinearity="relu")
    if convolution.bias is not None:
        nn.init.zeros_(convolution.bias)
    return convolution


def make_norm(channels: int, axes: int, norm: str) -> nn.Module:
    """Batch normalisation, or nothing."""
    return NORMS[axes](channels) if norm == "batch" else nn.Identity()
