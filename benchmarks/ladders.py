"""Two ladders of horizons compared: how much shorter may one be so that every rung's loss is still equal or lower?

A row is a run: `horizon` (tokens), `loss` (nats per token) and CPU-seconds of training alone, `cpu` of a run from
scratch, `trunk_cpu` up to the branch point and `cooldown_cpu` from there of a branch.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from lab.core.estimate import Estimate
from lab.core.replicates import average_replicates

Row = dict[str, Any]


@dataclass(frozen=True)
class Comparison:
    """The peer's points of one size, and the points of the lab's ladder `shift` factors of √2 below them.

    `bound`: no longer shift was measured, so that the saving is a lower bound.
    """

    shape: tuple[int, int]
    peer: list[Row]
    ours: list[Row]
    shift: int
    bound: bool

    @property
    def cpu(self) -> tuple[float, float]:
        """CPU-seconds of the peer's points and of the lab's: one trunk, and a cooldown for each."""
        ours = self.ours[-1]["trunk_cpu"] + sum(row["cooldown_cpu"] for row in self.ours)
        return sum(row["cpu"] for row in self.peer), ours

    @property
    def dominated(self) -> int:
        """At how many points the lab's loss is equal or lower."""
        return sum(ours["loss"] <= peer["loss"] for ours, peer in zip(self.ours, self.peer, strict=True))


def shift_ladder(shape: tuple[int, int], peer: list[Row], ladder: list[Row], most: int) -> Comparison:
    """The longest shift, at most `most`, at which every point's loss is equal or lower; none gives the shift of 0."""
    count = len(peer)
    found = Comparison(shape, peer, ladder[-count:], 0, False)
    for shift in range(1, min(most, len(ladder) - count) + 1):
        moved = Comparison(shape, peer, ladder[-count - shift : -shift], shift, shift == len(ladder) - count)
        if moved.dominated == count:
            found = moved
    return found


def print_points(comparisons: list[Comparison]) -> None:
    """A line per point; the lab's CPU of a point is its cooldown and the trunk since the point before."""
    print("  layers×width  peer: tokens   loss  CPU-s   lab: tokens   loss  CPU-s  ratio")
    for found in comparisons:
        before = 0.0
        for peer, ours in zip(found.peer, found.ours, strict=True):
            cpu = ours["trunk_cpu"] - before + ours["cooldown_cpu"]
            before = ours["trunk_cpu"]
            print(
                f"  {found.shape[0]:>6}×{found.shape[1]:<6} {peer['horizon']:>12,} {peer['loss']:>6.3f} "
                f"{peer['cpu']:>6.1f} {ours['horizon']:>13,} {ours['loss']:>6.3f} {cpu:>6.1f} "
                f"{peer['cpu'] / cpu:>6.1f}{'' if ours['loss'] <= peer['loss'] else '  loss higher'}"
            )


def print_ratio(title: str, comparisons: list[Comparison], extra: Callable[[Comparison], tuple[float, float]]) -> float:
    """The ratio of CPU over all sizes, its spread over sizes and the points at equal or lower loss."""
    costs = [[own + more for own, more in zip(c.cpu, extra(c), strict=True)] for c in comparisons]
    peer, ours = (sum(column) for column in zip(*costs, strict=True))
    logs = [math.log(theirs / own) for theirs, own in costs]
    spread = describe_spread(average_replicates("log ratio", logs, what="sizes"))
    points = sum(len(c.peer) for c in comparisons)
    least = "at least " if any(c.bound for c in comparisons) else ""
    held = sum(c.dominated for c in comparisons)
    print(f"{title}: {peer:.0f} / {ours:.0f} CPU-s = {least}{peer / ours:.2f}× ({spread}), "
          f"loss equal or lower at {held} of {points} points")  # fmt: skip
    return peer / ours if held == points else 0.0


def describe_spread(log_ratio: Estimate) -> str:
    """The mean over sizes with its interval, as ratios."""
    mean = f"mean over sizes {math.exp(log_ratio.value):.2f}"
    if not log_ratio.has_interval:
        return f"{mean}, {log_ratio.method}"
    return f"{mean}, 95 % [{math.exp(log_ratio.low):.2f}, {math.exp(log_ratio.high):.2f}]"
