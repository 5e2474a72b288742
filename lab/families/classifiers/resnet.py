"""The residual net, normed behind its convolutions (He et al. 2015, arXiv 1512.03385) or before (2016, 1603.05027).

Shortcuts have no parameters: where the channels double, the stream is taken at every second place and filled up with
zeros (option A), so that it has exactly the parameters of the plain net.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from lab.families.classifiers import ExampleShape
from lab.families.stages import StagedFamily

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True)
class ResNet(StagedFamily):
    """The dials of every staged family, and `placement` of normalisation and rectifier.

    'post': convolution, norm, rectifier, convolution, norm, then the sum is rectified; 'pre': norm and rectifier before
    each convolution, nothing on the stream, which is normalised and rectified once at the end.
    """

    placement: Literal["post", "pre"] = "post"

    def build(self, shape: ExampleShape) -> nn.Module:
        """A `lab.families.nets.convnet.ConvNet` of residual pairs."""
        from lab.families.nets.convnet import ConvNet, PostPair, PreNet, PrePair

        pairs = self.list_pairs(shape)
        if self.placement == "pre":
            return PreNet(shape, self.width, self.norm, pairs, PrePair)
        return ConvNet(shape, self.width, self.norm, pairs, PostPair)


family = ResNet
