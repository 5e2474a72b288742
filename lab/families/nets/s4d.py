"""The net of `lab.families.s4d`.

Shapes: B windows, T tokens, W width, M complex modes of a channel, V vocabulary.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Literal, TypeAlias

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from lab.families.nets.fused import normalize

SHORTEST_STEP, LONGEST_STEP = 1e-3, 1e-1  # of the discretisation: channels remember about 10 to 1000 tokens
DECAY = 0.5  # −Re A at the start

State = list[Tensor]  # of each block its channels' modes, real and imaginary part, each (W·M, 2, B)
Run: TypeAlias = Callable[["System", Tensor], Tensor]  # what makes a system's outputs of its inputs, both B T W


class S4DNet(nn.Module):
    """Embedding, blocks, readout; the stream is RMS-normalised where it enters, before each block and at the end."""

    def __init__(self, vocabulary: int, width: int, depth: int, modes: int, spectrum: Literal["lin", "inv"]) -> None:
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, width)
        self.blocks = nn.ModuleList(Block(width, modes, spectrum) for _ in range(depth))
        self.readout = nn.Linear(width, vocabulary, bias=False)
        nn.init.zeros_(self.readout.weight)

    def forward(self, tokens_BT: Tensor) -> Tensor:
        """`logits_BTV`, each block a convolution."""
        return self._run(tokens_BT, lambda layer: System.convolve)

    def advance(self, tokens_BT: Tensor, state: State | None) -> tuple[Tensor, State]:
        """`logits_BTV` of tokens that follow on those the state has read, and the state behind them."""
        after = State()

        def choose(layer: int) -> Run:
            return partial(System.step_through, before=None if state is None else state[layer], after=after)

        return self._run(tokens_BT, choose), after

    def reference_forward(self, tokens_BT: Tensor) -> Tensor:
        """The same by the recurrence."""
        return self.advance(tokens_BT, None)[0]

    def _run(self, tokens_BT: Tensor, choose: Callable[[int], Run]) -> Tensor:
        stream_BTW = normalize(self.embedding(tokens_BT))
        for layer, block in enumerate(self.blocks):
            stream_BTW = block(stream_BTW, choose(layer))
        logits_BTV: Tensor = self.readout(normalize(stream_BTW))
        return logits_BTV


class Block(nn.Module):
    """The channels' systems, a GELU and a gated mix of the channels, added to the stream."""

    stacks = ("mix",)

    def __init__(self, width: int, modes: int, spectrum: Literal["lin", "inv"]) -> None:
        super().__init__()
        self.system = System(width, modes, spectrum)
        # Values and gates, two matrices to the optimizer and one product. Values start at zero, so that a block starts
        # as nothing: 1.850 nats per byte against 1.866 at 0.5 M tokens (docs/families.md).
        self.mix = nn.Parameter(torch.empty(2, width, width).uniform_(-1, 1) * (1 / width) ** 0.5)
        nn.init.zeros_(self.mix.data[0])

    def forward(self, stream_BTW: Tensor, run: Run) -> Tensor:
        """The stream after this block, whose system is run by `run`."""
        hidden_BTW = F.gelu(run(self.system, normalize(stream_BTW)))
        value_BTW, gate_BTW = F.linear(hidden_BTW, self.mix.flatten(0, 1)).chunk(2, dim=-1)
        return stream_BTW + value_BTW * gate_BTW.sigmoid()


class System(nn.Module):
    """W single-input systems of M complex modes; every parameter a vector, as none of them is a matrix to Muon."""

    def __init__(self, width: int, modes: int, spectrum: Literal["lin", "inv"]) -> None:
        super().__init__()
        step = torch.rand(width) * math.log(LONGEST_STEP / SHORTEST_STEP) + math.log(SHORTEST_STEP)
        self.log_step = nn.Parameter(step)
        self.log_decay = nn.Parameter(torch.full((width * modes,), math.log(DECAY)))
        self.frequency = nn.Parameter(FREQUENCIES[spectrum](modes).repeat(width))
        self.weights = nn.Parameter(torch.randn(width * modes * 2) * 0.5**0.5)
        self.skip = nn.Parameter(torch.ones(width))

    def convolve(self, inputs_BTW: Tensor) -> Tensor:
        """`outputs_BTW` by FFT, zero-padded so that the end of the window does not reach round to its beginning.

        In the precision of the parameters whatever the products around it have: a rounded kernel is another system.
        """
        T = inputs_BTW.shape[1]
        with torch.autocast(inputs_BTW.device.type, enabled=False):
            inputs_BTW = inputs_BTW.to(self.skip.dtype)
            inputs_BWT = inputs_BTW.transpose(1, 2)
            product = torch.fft.rfft(inputs_BWT, n=2 * T) * torch.fft.rfft(self.make_kernel(T), n=2 * T)
            outputs_BWT: Tensor = torch.fft.irfft(product, n=2 * T)[..., :T]
            return outputs_BWT.transpose(1, 2) + self.skip * inputs_BTW

    def make_kernel(self, length: int) -> Tensor:
        """The response to an impulse, 2 Re Σ_m C_m B̄_m Ā_m^t, shape (W, length).

        With t = ra + b, Ā^t is Ā^ra · Ā^b: two sets of √length powers and a product of real matrices over the modes
        take the place of W·M·length complex exponentials.
        """
        exponent_WM, weights_WM = self._discretize()
        stride = math.ceil(length**0.5)
        times = torch.arange(stride, device=exponent_WM.device)
        coarse_WRM = weights_WM[:, None] * (exponent_WM[:, None] * (stride * times[:, None])).exp()
        fine_WRM = (exponent_WM[:, None] * times[:, None]).exp()
        left, right = (torch.view_as_real(x).flatten(-2) for x in (coarse_WRM.conj().resolve_conj(), fine_WRM))
        kernel_WT: Tensor = 2 * (left @ right.mT).flatten(1)[:, :length]
        return kernel_WT

    def step_through(self, inputs_BTW: Tensor, before: Tensor | None, after: State) -> Tensor:
        """`outputs_BTW` by the recurrence x_t = Ā x_{t−1} + u_t, y_t = 2 Re Σ C B̄ x_t; puts the last x behind `after`.

        `before`: the x of the token before the first, None for zero.
        """
        B, W = inputs_BTW.shape[0], inputs_BTW.shape[2]
        exponent_WM, weights_WM = self._discretize()
        factor = exponent_WM.exp().flatten()
        turn = torch.stack((factor.real, -factor.imag, factor.imag, factor.real), dim=-1).view(-1, 2, 2)
        read = 2 * torch.view_as_real(weights_WM.conj().resolve_conj()).view(W, 1, -1)
        modes = inputs_BTW.new_zeros(len(factor), 2, B) if before is None else before
        outputs = []
        for inputs_BW in inputs_BTW.unbind(dim=1):
            push = inputs_BW.T.repeat_interleave(len(factor) // W, dim=0)
            modes = turn @ modes
            modes = torch.stack((modes[:, 0] + push, modes[:, 1]), dim=1)
            outputs.append((read @ modes.view(W, -1, B)).squeeze(1).T + self.skip * inputs_BW)
        after.append(modes)
        return torch.stack(outputs, dim=1)

    def _discretize(self) -> tuple[Tensor, Tensor]:
        """Zero-order hold: ΔA, so that Ā = e^ΔA, and C·B̄ = C·(e^ΔA − 1)/A, each complex (W, M)."""
        W = len(self.log_step)
        poles_WM = torch.complex(-self.log_decay.exp(), self.frequency).view(W, -1)
        exponent_WM = poles_WM * self.log_step.exp()[:, None]
        weights_WM = torch.view_as_complex(self.weights.view(W, -1, 2))
        return exponent_WM, weights_WM * (exponent_WM.exp() - 1) / poles_WM


def make_linear_frequencies(modes: int) -> Tensor:
    """S4D-Lin: πm."""
    return math.pi * torch.arange(modes)


def make_inverse_frequencies(modes: int) -> Tensor:
    """S4D-Inv: (N/π)(N/(2m + 1) − 1) for N = 2·modes states."""
    states = 2 * modes
    return states / math.pi * (states / (2 * torch.arange(modes) + 1) - 1)


FREQUENCIES = {"lin": make_linear_frequencies, "inv": make_inverse_frequencies}
