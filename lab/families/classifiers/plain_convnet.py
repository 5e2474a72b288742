"""The plain convolutional net that He et al. 2015 (arXiv 1512.03385) compare theirs with: no shortcuts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lab.families.classifiers import ExampleShape
from lab.families.stages import StagedFamily

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True)
class PlainConvnet(StagedFamily):
    """The dials of every staged family."""

    def build(self, shape: ExampleShape) -> nn.Module:
        """A `lab.families.nets.convnet.ConvNet` of plain pairs."""
        from lab.families.nets.convnet import ConvNet, PlainPair

        return ConvNet(shape, self.width, self.norm, self.list_pairs(shape), PlainPair)


family = PlainConvnet
