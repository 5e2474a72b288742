"""How a published claim is judged: supported, not supported or underpowered, with its evidence.

The rules are the house's (docs/judging.md): the estimand is signed so that the claim predicts a positive value, and
the smallest effect that matters, `margin`, is declared before anything runs.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from lab.core.estimate import Estimate


class Outcome(StrEnum):
    """What the evidence says of a claim."""

    SUPPORTED = "supported"
    NOT_SUPPORTED = "not supported"
    REVERSED = "reversed"
    UNDERPOWERED = "underpowered"


@dataclass(frozen=True)
class Verdict:
    """One judged claim.

    `statement` is the claim in one sentence; `estimate` the estimand with its interval; `margin` the smallest effect
    that matters, in the estimand's unit; `published` what the paper reports, as text; `unit_of_evidence` what counts
    as one independent observation; `reason` one sentence a reader can act on (for underpowered: what to run next);
    `run_keys` the runs used; `flags` may hold "fragile" and "out of regime".
    """

    claim: str
    statement: str
    outcome: Outcome
    estimate: Estimate
    margin: float
    published: str = ""
    citation: str = ""
    unit_of_evidence: str = "trunk"
    reason: str = ""
    run_keys: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    parts: tuple[Verdict, ...] = field(default=())

    def to_dict(self) -> dict[str, Any]:
        """Literals for JSON."""
        return {
            "claim": self.claim,
            "statement": self.statement,
            "outcome": str(self.outcome),
            "estimate": self.estimate.to_dict(),
            "margin": self.margin,
            "published": self.published,
            "citation": self.citation,
            "unit_of_evidence": self.unit_of_evidence,
            "reason": self.reason,
            "run_keys": list(self.run_keys),
            "flags": list(self.flags),
            "parts": [part.to_dict() for part in self.parts],
        }


def judge_direction(estimate: Estimate, margin: float) -> Outcome:
    """The outcome of a directional claim: the effect is positive and at least `margin` (> 0), at the 95 % interval."""
    if not estimate.has_interval:
        return Outcome.UNDERPOWERED
    if estimate.low > margin:
        return Outcome.SUPPORTED
    if estimate.high < 0:
        return Outcome.REVERSED
    if estimate.high < margin:
        return Outcome.NOT_SUPPORTED
    return Outcome.UNDERPOWERED


def judge_equivalence(narrow: Estimate, wide: Estimate, margin: float) -> Outcome:
    """The outcome of "matters little": `narrow` is the 90 % interval of the difference, `wide` the 95 % one.

    Supported if the 90 % interval lies inside (−margin, margin), not supported if the 95 % one lies wholly outside.
    """
    if not (narrow.has_interval and wide.has_interval):
        return Outcome.UNDERPOWERED
    if -margin < narrow.low and narrow.high < margin:
        return Outcome.SUPPORTED
    if wide.low > margin or wide.high < -margin:
        return Outcome.NOT_SUPPORTED
    return Outcome.UNDERPOWERED


def subtract_published(ours: Estimate, theirs: float, standard_error: float = 0.0) -> Estimate:
    """Ours minus a published value, the half-width widened by the published standard error (quadrature, normal)."""
    if not ours.has_interval:
        return replace(ours, name=f"{ours.name} − published", value=ours.value - theirs)
    extra = _NORMAL_QUANTILE[ours.level] * standard_error
    low = ours.value - theirs - math.hypot(ours.value - ours.low, extra)
    high = ours.value - theirs + math.hypot(ours.high - ours.value, extra)
    return replace(ours, name=f"{ours.name} − published", value=ours.value - theirs, low=low, high=high)


_NORMAL_QUANTILE = {0.9: 1.6448536269514722, 0.95: 1.959963984540054, 0.99: 2.5758293035489004}


def judge_conjunction(outcomes: Sequence[Outcome]) -> Outcome:
    """The outcome of a claim with several parts: all must be supported; one refuted part refutes the whole."""
    if any(o in (Outcome.NOT_SUPPORTED, Outcome.REVERSED) for o in outcomes):
        return Outcome.NOT_SUPPORTED
    if outcomes and all(o is Outcome.SUPPORTED for o in outcomes):
        return Outcome.SUPPORTED
    return Outcome.UNDERPOWERED
