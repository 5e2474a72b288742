"""The diagonal state-space language model S4D (Gu, Gupta, Goel & Ré 2022, arXiv 2206.11893).

Each channel of a layer is a linear system x′ = Ax + u, y = 2 Re Cx + Du with A diagonal, discretised by zero-order
hold at a step length of its own. Training convolves the window with the system's kernel by FFT, generation steps
through the recurrence; both are the same function. Around it stand an RMS norm, a GELU and a gated output mix (Dauphin
et al. 2017), added to the stream; there is no feed-forward layer besides.

Shapes: B windows, T tokens, W width, M = states / 2 complex modes of a channel, V vocabulary.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from lab.core.errors import InputError
from lab.families import Family, Group, Shape

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True)
class S4D(Family):
    """One size dial, `width`; `layers` follows it (2 + width // 32) unless given.

    `states`: real numbers a channel remembers, in complex pairs. `spectrum`: where the modes start, on 'lin':
    A_m = −1/2 + iπm (S4D-Lin, equation 9), or on 'inv': A_m = −1/2 + i(N/π)(N/(2m + 1) − 1) (S4D-Inv, equation 8), N
    the number of states.
    """

    size_dial = "width"
    width: int = 64
    layers: int | None = None
    states: int = 32
    spectrum: Literal["lin", "inv"] = "lin"

    def __post_init__(self) -> None:
        if self.width < 1 or self.depth < 1:
            raise InputError("s4d", f"width {self.width}, layers {self.layers}", "both at least 1")
        if self.states < 2 or self.states % 2:
            raise InputError("s4d.states", self.states, "an even number: conjugate pairs", "32 or 64 are usual")

    @property
    def depth(self) -> int:
        """Number of blocks."""
        return 2 + self.width // 32 if self.layers is None else self.layers

    def build(self, shape: Shape) -> nn.Module:
        """A `lab.families.nets.s4d.S4DNet`."""
        from lab.families.nets.s4d import S4DNet

        return S4DNet(shape.vocabulary, self.width, self.depth, self.states // 2, self.spectrum)

    def group_of(self, parameter: str) -> Group:
        """By the name of the module."""
        return {"embedding": "embedding", "readout": "readout"}.get(parameter.split(".")[0], "body")  # type: ignore[return-value]

    def count_parameters(self, shape: Shape) -> dict[Group, int]:
        """Body: the gated mix 2·W², and 2·states + 2 numbers a channel, in each block; each table: V·W."""
        table = shape.vocabulary * self.width
        block = 2 * self.width**2 + (2 * self.states + 2) * self.width
        return {"embedding": table, "body": self.depth * block, "readout": table}

    def count_forward_flops(self, shape: Shape) -> int:
        """2 per weight of mix and readout and token, and 6·states a channel, block and token for the recurrence.

        The recurrence is counted, 8 per complex mode to turn it and 4 to read it, because that is what the layer has to
        do: linear in the window, and what generation does. The two FFT of a channel and window by which training does
        the same take about 10·T·log2(2T), 0.4 of it at 32 states and 128 tokens and 0.7 at 4096; the Toeplitz product
        they stand for takes 2·T².
        """
        systems = 6 * self.states * self.width * self.depth
        mixes = 2 * (2 * self.width**2 * self.depth + shape.vocabulary * self.width)
        return shape.window * (systems + mixes)


family = S4D
