"""What convolutional nets for small pictures share: three stages, their dials and their counts.

He et al. 2015 (arXiv 1512.03385, section 4.2): a convolution of the input, then three stages of n pairs of 3 × 3
convolutions with W, 2·W and 4·W channels, the second and third stage beginning with a stride of 2, the mean over all
places, and a readout: 6·n + 2 layers. On signals of one dimension a convolution has 3 taps.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import ClassVar, Literal, NamedTuple

from lab.core.errors import InputError
from lab.families import Group
from lab.families.classifiers import Classifier, ExampleShape

STAGES = 3
TAPS = 3  # along each axis
LAYERS_PER_PAIR = 2


class Pair(NamedTuple):
    """Two convolutions, `below` to `above` to `above` channels, the first with a `stride`; `places` they put out."""

    below: int
    above: int
    stride: int
    places: int


@dataclass(frozen=True)
class StagedFamily(Classifier):
    """One size dial, `width`, the channels of the first stage; `depth`: 6·n + 2 layers.

    `norm`: batch normalisation of every convolution (Ioffe and Szegedy 2015, arXiv 1502.03167), or none; a convolution
    has a bias where it is not normalised.
    """

    size_dial: ClassVar[str] = "width"
    width: int = 16
    depth: int = 8
    norm: Literal["batch", "none"] = "batch"

    def __post_init__(self) -> None:
        name = type(self).__module__.rpartition(".")[2]
        if self.width < 1:
            raise InputError(f"{name}.width", self.width, "at least 1")
        if self.depth < 8 or self.depth % (STAGES * LAYERS_PER_PAIR) != 2:
            raise InputError(f"{name}.depth", self.depth, "is 6·n + 2 with n at least 1", "8, 14, 20, 32, 44 or 56")

    @property
    def layers(self) -> int:
        """The depth."""
        return self.depth

    def list_pairs(self, shape: ExampleShape) -> list[Pair]:
        """Every pair of convolutions, from the input on."""
        pairs, below, places = [], self.width, shape.places
        for stage in range(STAGES):
            for first in [True] + [False] * (self.depth // (STAGES * LAYERS_PER_PAIR) - 1):
                stride = 2 if stage and first else 1
                places = tuple(-(-length // stride) for length in places)
                pairs.append(Pair(below, self.width << stage, stride, prod(places)))
                below = self.width << stage
        return pairs

    def count_parameters(self, shape: ExampleShape) -> dict[Group, int]:
        """Body: taps·C·W at the input, taps·(below + above)·above a pair, 2 of a norm or 1 bias a channel put out.

        Readout: (4·W + 1)·K.
        """
        pairs, taps = self.list_pairs(shape), _count_taps(shape)
        weights = shape.channels * self.width + sum((pair.below + pair.above) * pair.above for pair in pairs)
        outputs = self.width + LAYERS_PER_PAIR * sum(pair.above for pair in pairs)
        per_output = 2 if self.norm == "batch" else 1
        readout = (pairs[-1].above + 1) * shape.classes
        return {"embedding": 0, "body": taps * weights + per_output * outputs, "readout": readout}

    def count_forward_flops(self, shape: ExampleShape) -> int:
        """2 per tap, pair of channels and place, the padding's products included, and 2 per weight of the readout."""
        pairs, taps = self.list_pairs(shape), _count_taps(shape)
        products = prod(shape.places) * shape.channels * self.width
        products += sum((pair.below + pair.above) * pair.above * pair.places for pair in pairs)
        return 2 * (taps * products + pairs[-1].above * shape.classes)


def _count_taps(shape: ExampleShape) -> int:
    return int(TAPS ** len(shape.places))
