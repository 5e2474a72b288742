"""The multilayer perceptron with rectified units (Rumelhart et al. 1986; Glorot et al. 2011, AISTATS).

Without a hidden layer it is multinomial logistic regression. Weights start as in He et al. 2015 (arXiv 1502.01852).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from lab.core.errors import InputError
from lab.families import Group
from lab.families.classifiers import Classifier, ExampleShape

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True)
class MLP(Classifier):
    """One size dial, `width`, of every hidden layer; `hidden`: how many there are."""

    size_dial = "width"
    width: int = 64
    hidden: int = 2

    def __post_init__(self) -> None:
        if self.width < 1 or self.hidden < 0:
            raise InputError("mlp", f"width {self.width}, hidden {self.hidden}", "width at least 1, hidden at least 0")

    @property
    def layers(self) -> int:
        """Hidden layers and the readout."""
        return self.hidden + 1

    def build(self, shape: ExampleShape) -> nn.Module:
        """A `lab.families.nets.perceptron.PerceptronNet`."""
        from lab.families.nets.perceptron import PerceptronNet

        return PerceptronNet(shape.numbers, shape.classes, self.width, self.hidden)

    def count_parameters(self, shape: ExampleShape) -> dict[Group, int]:
        """Body: W·d + W of the first layer, d numbers of an input, W² + W of each further; readout: K·W + K."""
        widths = [shape.numbers, *[self.width] * self.hidden]
        body = sum((below + 1) * above for below, above in pairwise(widths))
        return {"embedding": 0, "body": body, "readout": (widths[-1] + 1) * shape.classes}

    def count_forward_flops(self, shape: ExampleShape) -> int:
        """2 per matrix weight."""
        weights = sum(self.count_parameters(shape).values()) - self.hidden * self.width - shape.classes
        return 2 * weights


family = MLP
