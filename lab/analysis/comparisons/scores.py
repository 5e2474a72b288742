"""What a backtest adds up to, per group of curves and estimator. The curve is the independent unit of every mean."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from lab.analysis.comparisons.backtest import INSIDE, LAST, LEVELS, Backtest
from lab.core.estimate import Estimate
from lab.scaling.requirements import FEWEST_UNITS


@dataclass(frozen=True)
class Score:
    """How one estimator did on one group: `answered` of `curves` curves, and what the answers were worth.

    `rmsle` is the mean over curves, `median` their median. `skill` is 1 − its mean RMSLE over that of the naive
    forecast on the same curves: 0 is no better than the last value, negative is worse. `wins` is the share of the
    group's curves on which this law has the least error of all laws, ties shared; NaN for what is not a law. `coverage`
    is the share of held-out points inside the 95 % interval, `miscalibration` the mean of (share − nominal)² over the
    levels.
    """

    group: str
    estimator: str
    curves: int
    answered: int
    rmsle: Estimate
    median: Estimate
    skill: Estimate
    wins: Estimate
    coverage: Estimate
    miscalibration: Estimate

    @property
    def estimates(self) -> tuple[Estimate, ...]:
        """All of them, in the order above."""
        return (self.rmsle, self.median, self.skill, self.wins, self.coverage, self.miscalibration)


def score_backtest(backtest: Backtest) -> list[Score]:
    """A score per group and estimator, in the order of the collection and of the estimators."""
    frame = backtest.frame
    return [
        score
        for group in backtest.collection.groups
        for score in _score_group(group, frame[frame["group"] == group], backtest)
    ]


def calibrate(backtest: Backtest) -> pd.DataFrame:
    """Rows of group, estimator, level (nominal), held (the share of held-out points inside, mean over curves), low and
    high (95 %, Student over curves) and curves (those with an interval); estimators without intervals are left out.
    """
    rows = []
    for (group, estimator), own in backtest.frame.groupby(["group", "estimator"], sort=False):
        for level, column in zip(LEVELS, INSIDE, strict=True):
            held = average(own[column], "held")
            if held.n:
                rows.append((group, estimator, level, held.value, held.low, held.high, held.n))
    return pd.DataFrame(rows, columns=["group", "estimator", "level", "held", "low", "high", "curves"])


def average(values: pd.Series, name: str, low: float = 0.0) -> Estimate:
    """The mean over curves, from 12 on with Student's interval cut at `low`; NaNs are curves without an answer."""
    known = values.dropna().to_numpy(float)
    count = len(known)
    if not count:
        return Estimate(name, math.nan, method="no curve answered")
    mean = float(known.mean())
    if count < FEWEST_UNITS:
        return Estimate(name, mean, n=count, method=f"{count} curves; an interval needs {FEWEST_UNITS}")
    half = float(stdtrit(count - 1, 0.975) * known.std(ddof=1) / math.sqrt(count))
    return Estimate(name, mean, max(low, mean - half), mean + half, n=count, method=f"Student's t over {count} curves")


def _score_group(group: str, frame: pd.DataFrame, backtest: Backtest) -> Iterator[Score]:
    errors = frame.pivot_table("rmsle", "curve", "estimator", dropna=False, sort=False)
    wins = _share_wins(errors[list(backtest.laws)])
    for name in backtest.estimators:
        own = frame[frame["estimator"] == name]
        answered = errors[name].notna()
        count = int(answered.sum())
        naive = float(errors.loc[answered, LAST].mean())
        rmsle = average(errors[name], "mean RMSLE")
        skill = 1 - rmsle.value / naive if naive > 0 else math.nan
        held = np.array([own[column].mean() for column in INSIDE])
        coverage = average(own[INSIDE[-1]], "share inside the 95 % interval")
        miss = float(np.mean((held - np.array(LEVELS)) ** 2))
        over = f"over {count} curves; no interval"
        yield Score(
            group,
            name,
            len(errors),
            count,
            rmsle,
            Estimate("median RMSLE", float(errors[name].median()), method=f"median {over}", n=count),
            Estimate("skill over the last value", skill, method=f"1 − ratio of mean RMSLE {over}", n=count),
            Estimate(
                "share of wins", float(wins.get(name, math.nan)), method=f"least RMSLE of all laws {over}", n=count
            ),
            coverage,
            Estimate(
                "calibration error", miss, method=f"mean squared over {len(LEVELS)} levels; no interval", n=coverage.n
            ),
        )


def _share_wins(errors: pd.DataFrame) -> pd.Series:
    """The share of curves each law wins, ties shared."""
    least = errors.eq(errors.min(axis=1), axis=0)
    shared: pd.Series = least.div(least.sum(axis=1).where(lambda n: n > 0), axis=0).fillna(0.0).mean()
    return shared
