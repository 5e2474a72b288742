"""How often chance may support a claim."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import partial

import numpy as np
import pandas as pd
from scipy.stats import binom, ttest_1samp

from lab.core.replicates import average_replicates
from lab.core.seeds import open_stream
from lab.core.verdict import Outcome
from sweeps import Question

TRIALS = 1000  # a judge with 5 % false support fails with odds of 9 in 10
LUCK = 0.001  # odds that a judge which is right fails its test, were the seeds not fixed


def find_most_false(trials: int, share: float = 0.025) -> int:
    """False verdicts that a judge of this `share` exceeds in `trials` with odds of `LUCK`."""
    return int(binom.ppf(1 - LUCK, trials, share))


def count_support(question: Question, spread: float, units: int = 12) -> int:
    """Of `TRIALS` studies whose units differ by `spread`, at most how many support the claim, at θ = 0 or δ."""
    rng, none = open_stream(0, question.claim), pd.DataFrame()
    supported = Counter[float]()
    for theta in (0.0, question.margin):
        for _ in range(TRIALS):
            values = theta + spread * rng.standard_normal(units)
            verdict = question.judge(partial(average_replicates, "difference", list(values), ""), none, "")
            supported[theta] += verdict.outcome is Outcome.SUPPORTED
    return max(supported.values())


def bracket(values: Sequence[float]) -> tuple[float, float, float]:
    """The mean of independent units and the ends of its 95 % interval, by scipy's test of one sample."""
    ends = ttest_1samp(values, 0.0).confidence_interval(0.95)
    return float(np.mean(values)), float(ends.low), float(ends.high)
