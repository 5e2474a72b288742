"""What a number of a sequence can be at all, and what an estimate is worth that is not: its status, in words.

A correction for few symbols can put an estimate where no source is (an entropy rate above log2 |A|, E below 0). The
value is shown as it is, with its status: cut off at the edge it would be biased and look like knowledge. An interval
is cut to the range, which holds the truth as often; one of no width is none: nothing was seen to vary. A value beyond
the edge whose interval reaches back into the range is there by chance, as half of all are of a source at the edge.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Literal

from lab.core.estimate import Estimate

Status = Literal["measured", "no interval", "out of range", "missing"]

ROUNDING = 1e-9
_ALPHABET = {"block_entropy_rate", "causal_entropy_rate"}  # at most log2 |A|
_SHARES = {"permutation_entropy"}  # at most 1
_POSITIVE = {"block_excess_entropy", "statistical_complexity", "causal_excess_entropy", "crypticity", "sample_entropy",
             "multiscale_entropy", "light_cone_information"}  # fmt: skip


def find_range(name: str, alphabet: int) -> tuple[float, float]:
    """The least and the most that the quantity called `name` can be of a source of `alphabet` symbols."""
    if name in _ALPHABET:
        return 0.0, math.log2(alphabet)
    if name in _SHARES:
        return 0.0, 1.0
    return (0.0 if name in _POSITIVE else -math.inf), math.inf


def find_status(estimate: Estimate, alphabet: int) -> Status:
    """What an estimate is worth; `estimate.method` says why where it is not 'measured'."""
    low, high = find_range(estimate.name, alphabet)
    if math.isnan(estimate.value):
        return "missing"
    if not low - ROUNDING <= estimate.value <= high + ROUNDING and not _reaches(estimate, low, high):
        return "out of range"
    return "measured" if estimate.has_interval else "no interval"


def restrict(estimate: Estimate, alphabet: int) -> Estimate:
    """The same value; its interval without what cannot be, and none where none is left or it has no width."""
    low, high = find_range(estimate.name, alphabet)
    ends, reasons = (max(estimate.low, low), min(estimate.high, high)), [estimate.method]
    if estimate.has_interval and estimate.high - estimate.low <= ROUNDING:
        ends, reasons = (math.nan, math.nan), ["nothing varied: how far it is from the truth does not show", *reasons]
    elif estimate.has_interval and ends[0] > ends[1]:
        ends, reasons = (math.nan, math.nan), ["so is the whole interval", *reasons]
    if (beyond := max(low - estimate.value, estimate.value - high)) > ROUNDING:
        bound = f"below {low:.4g}, the least" if estimate.value < low else f"above {high:.4g}, the most"
        within = _reaches(estimate, low, high)
        why = "chance, for the interval reaches back" if within else "too few symbols"
        reasons = [f"{beyond:.2g} {bound} it can be: {why}", *reasons]
    if not estimate.has_interval:
        ends = estimate.low, estimate.high
    return replace(estimate, low=ends[0], high=ends[1], method="; ".join(filter(None, reasons)))


def _reaches(estimate: Estimate, low: float, high: float) -> bool:
    """Whether some of its interval is in the range."""
    return estimate.has_interval and estimate.low <= high and estimate.high >= low
