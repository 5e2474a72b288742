"""How often chance may support a claim."""

from __future__ import annotations

from scipy.stats import binom

LUCK = 0.001  # odds that a judge which is right fails its test, were the seeds not fixed


def find_most_false(trials: int, share: float = 0.025) -> int:
    """False verdicts that a judge of this `share` exceeds in `trials` with odds of `LUCK`."""
    return int(binom.ppf(1 - LUCK, trials, share))
