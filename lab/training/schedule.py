"""Warm-up, plateau, cooldown (WSD), counted in tokens: one trunk serves every horizon.

The trunk warms up over a number of tokens common to all horizons and then keeps its rate; each horizon has a branch
that leaves the trunk at (1 − cooldown) of the horizon and falls linearly to zero (Hägele et al. 2024, arXiv
2405.18392).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Schedule:
    """The rates of one trunk and its branches, as factors of the plateau rate."""

    batch_tokens: int
    warmup_tokens: int
    cooldown: float

    def count_steps(self, horizon: int) -> int:
        """Steps of a run of `horizon` tokens."""
        return horizon // self.batch_tokens

    def find_branch(self, horizon: int) -> int:
        """The step at which the branch of `horizon` leaves the trunk."""
        steps = self.count_steps(horizon)
        return steps - round(self.cooldown * steps)

    def rate_at(self, step: int) -> float:
        """On the trunk: linear warm-up to 1."""
        return min(1.0, (step + 1) * self.batch_tokens / max(1, self.warmup_tokens))

    def cooldown_rate_at(self, step: int, horizon: int) -> float:
        """On the branch: linear from 1 towards 0, which the step after the last would reach."""
        left = self.count_steps(horizon) - step
        length = self.count_steps(horizon) - self.find_branch(horizon)
        return self.rate_at(step) * left / (length + 1)
