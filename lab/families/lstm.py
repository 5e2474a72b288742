"""The LSTM language model (Hochreiter & Schmidhuber 1997; forget gate: Gers et al. 2000).

The forget bias starts at 1 (Jozefowicz et al. 2015). As dials: peepholes, by which the gates see the cell's memory
(Gers & Schmidhuber 2000), and dropout (Zaremba et al. 2014, arXiv 1409.2329). Torch's fused cell where it can do what
the dials ask for, else a loop over tokens, several times slower.

Shapes: B windows, T tokens, W width, V vocabulary.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from lab.core.errors import InputError
from lab.families import Group, Shape
from lab.families.cells import RecurrentFamily

if TYPE_CHECKING:
    from torch import nn

PEEPHOLES = 3  # vectors of W: from the memory to the input, the forget and the output gate


@dataclass(frozen=True)
class LSTM(RecurrentFamily):
    """Three gates and a candidate.

    `cell`: 'plain', or 'peephole', whose gates see the memory. `dropout`: share of activations that training sets to
    zero. `dropped`: on the 'feedforward' connections only, into a layer and out of the last (Zaremba et al. 2014), or
    on 'all', those from a step to the next included, with a new mask at every step.
    """

    gates = 4
    cell: Literal["plain", "peephole"] = "plain"
    dropout: float = 0.0
    dropped: Literal["feedforward", "all"] = "feedforward"

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0 <= self.dropout < 1:
            raise InputError("lstm.dropout", self.dropout, "is a share, at least 0 and below 1")

    def build(self, shape: Shape) -> nn.Module:
        """A net of `lab.families.nets.lstm`: fused, stepped or peephole."""
        from lab.families.nets.lstm import LSTMNet, PeepholeLSTMNet, SteppedLSTMNet

        sizes = shape.vocabulary, self.width, self.layers
        recurrent_dropout = self.dropout if self.dropped == "all" else 0.0
        if self.cell == "peephole":
            return PeepholeLSTMNet(*sizes, self.dropout, recurrent_dropout)
        if recurrent_dropout:
            return SteppedLSTMNet(*sizes, self.dropout, recurrent_dropout)
        return LSTMNet(*sizes, self.dropout)

    def count_parameters(self, shape: Shape) -> dict[Group, int]:
        """Body: 8 matrices W × W and as many biases a layer, 3·W peepholes where there are any; each table: V·W."""
        peepholes = self.layers * PEEPHOLES * self.width if self.cell == "peephole" else 0
        counts = super().count_parameters(shape)
        return {**counts, "body": counts["body"] + peepholes}


family = LSTM
