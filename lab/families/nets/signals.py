"""The net of the recurrent classifier. Shapes: B examples, T places or rows, D numbers of one, W width, K classes."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class SignalGRU(nn.Module):
    """Torch's fused cell both ways over the places; a readout of all states, from zero."""

    def __init__(self, numbers: int, steps: int, classes: int, width: int) -> None:
        super().__init__()
        self.cells = nn.GRU(numbers, width, batch_first=True, bidirectional=True)
        self.readout = nn.Linear(2 * steps * width, classes)
        nn.init.zeros_(self.readout.weight)
        nn.init.zeros_(self.readout.bias)

    def forward(self, inputs: Tensor) -> Tensor:
        """`logits_BK` of inputs (B, C, T, …)."""
        logits_BK: Tensor = self.readout(self.cells(list_steps(inputs))[0].flatten(1))
        return logits_BK

    def reference_forward(self, inputs: Tensor) -> Tensor:
        """The same, one place after another."""
        steps_BTD = list_steps(inputs)
        there, back = self._read(steps_BTD, ""), self._read(steps_BTD.flip(1), "_reverse").flip(1)
        logits_BK: Tensor = self.readout(torch.cat((there, back), dim=2).flatten(1))
        return logits_BK

    def _read(self, steps_BTD: Tensor, way: str) -> Tensor:
        weights = [getattr(self.cells, f"{kind}_l0{way}") for kind in ("weight_ih", "bias_ih", "weight_hh", "bias_hh")]
        state_BW, states = steps_BTD.new_zeros(len(steps_BTD), self.cells.hidden_size), []
        for step_BD in steps_BTD.unbind(dim=1):
            new_BG, old_BG = F.linear(step_BD, *weights[:2]), F.linear(state_BW, *weights[2:])
            (r_new, z_new, n_new), (r_old, z_old, n_old) = new_BG.chunk(3, dim=1), old_BG.chunk(3, dim=1)
            update_BW = torch.sigmoid(z_new + z_old)
            candidate_BW = torch.tanh(n_new + torch.sigmoid(r_new + r_old) * n_old)
            state_BW = update_BW * state_BW + (1 - update_BW) * candidate_BW
            states.append(state_BW)
        return torch.stack(states, dim=1)


def list_steps(inputs: Tensor) -> Tensor:
    """(B, C, T, …) as (B, T, D)."""
    return inputs.transpose(1, 2).flatten(2)
