"""What the figures of the best size have in common: their options, the words for an approach, what was refused."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from lab.analysis.optimum.comparison import Approach, ApproachComparison


@dataclass(frozen=True)
class ComputeOptions:
    """`convention`: what N counts; `compute`: what C counts, every product or 6·N·D with the body."""

    convention: Literal["params_total", "params_body", "params_active"] = "params_total"
    compute: Literal["flops", "flops_6nd"] = "flops"


def label_approach(comparison: ApproachComparison, approach: Approach) -> str:
    """'3 joint law: a = 0.56 [0.51, 0.61]'."""
    a = comparison.estimate_exponent(approach.name)
    interval = f" [{a.low:.2g}, {a.high:.2g}]" if a.has_interval else ""
    return f"{approach.title}: a = {a.value:.2g}{interval}"


def describe_refusals(comparison: ApproachComparison) -> list[str]:
    """A sentence for every approach without an answer."""
    return [f"{a.title} refused: {a.reason}. Next: {a.next_step}" for a in comparison.approaches.values() if a.reason]
