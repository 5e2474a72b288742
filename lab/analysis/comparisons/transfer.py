"""Families before and after a change of source: is the order of their losses the same?

Kendall's rank correlation of two orders of families is 1 − 2·(pairs that stand the other way round)/pairs (Kendall
1938). Estimated from noisy losses it is below 1 for no other reason than noise, so its interval is made of pairs: each
is compared by Welch's interval upstream and on the target, at a level shared out over all comparisons (Bonferroni), and
stands the other way round for sure only where both comparisons are sure. With the chance of 1 − level at most, any of
the comparisons misleads.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from lab.analysis.comparisons.architectures import Architectures, Cells, collect_architectures, contrast
from lab.core.estimate import Estimate
from lab.tables import Tables

Losses = Mapping[str, Cells]


@dataclass(frozen=True)
class Transfers:
    """Log losses of every family by level and seed: `upstream`, and of each target in `targets`; `found` says of which
    sizes and seeds, `rows` are the runs.
    """

    found: Architectures
    upstream: Losses
    targets: Mapping[str, Losses]
    rows: pd.DataFrame

    @property
    def mean_target(self) -> dict[str, Cells]:
        """The mean log loss over the targets."""
        return {
            name: Cells(np.mean([losses[name].table for losses in self.targets.values()], axis=0))
            for name in (self.upstream if self.targets else ())
        }


def collect_transfers(tables: Tables) -> Transfers:
    """The fine-tuned runs of the families that have the same levels of size on every target."""
    runs = tables.runs
    tuned = runs[runs["upstream_nats"].notna()] if "upstream_nats" in runs else runs.iloc[:0]
    studies = {str(name): collect_architectures(replace(tables, runs=own)) for name, own in tuned.groupby("source")}
    common = set.intersection(*(set(found.families) for found in studies.values())) if studies else set()
    seeds = {found.seeds for found in studies.values()}
    if not common or len(seeds) > 1:
        return Transfers(collect_architectures(replace(tables, runs=runs.iloc[:0])), {}, {}, tuned.iloc[:0])
    first = next(iter(studies.values()))
    found = replace(first, params={name: first.params[name] for name in sorted(common)})
    upstream = replace(found, rows=found.rows.assign(log_loss=np.log(found.rows["upstream_nats"].astype(float))))
    targets = {target: {name: own.tabulate(name, "log_loss") for name in common} for target, own in studies.items()}
    rows = pd.concat([own.rows[own.rows["family"].isin(common)] for own in studies.values()])
    return Transfers(found, {name: upstream.tabulate(name, "log_loss") for name in common}, targets, rows)


def bound_disorder(upstream: Losses, targets: Mapping[str, Losses], level: float = 0.95) -> Estimate:
    """1 − τ of the families' order upstream and on a target, mean over levels of size and targets.

    The first seed, by which rates were chosen, takes no part. No interval where a comparison has none.
    """
    title = "1 − τ, upstream against transfer"
    names = sorted(upstream)
    levels = range(len(upstream[names[0]].table)) if names else range(0)
    pairs = [(at, *pair) for at in levels for pair in itertools.combinations(names, 2)]
    sides = [_drop_first(upstream), *(_drop_first(losses) for losses in targets.values())]
    if not pairs or len(sides) < 2:
        return Estimate(title, math.nan, level=level, method="needs two families and a target", n=0)
    each = 1 - (1 - level) / (len(pairs) * len(sides))
    signs = [np.array([_compare(losses, *pair, level=each) for pair in pairs]) for losses in sides]
    before, after = np.tile(signs[0], (len(sides) - 1, 1)), np.concatenate(signs[1:])
    seen, sure = before * after, np.isfinite(before + after).all()
    trunks = sum(int(own.counts.sum()) for own in sides[0].values())
    value = 2 * float(np.mean(seen[:, 0] < 0)) if np.isfinite(seen[:, 0]).all() else math.nan
    if not (sure and math.isfinite(value)):
        return Estimate(title, value, level=level, method="needs two seeds besides the first of every net", n=trunks)
    low, high = 2 * float(np.mean(seen[:, 1] < 0)), 2 * float(np.mean(seen[:, 1] <= 0))
    method = f"{len(pairs) * len(sides)} comparisons by Welch's t, Bonferroni, over {trunks} trunks"
    return Estimate(title, value, low, high, level, "", method, trunks)


def _drop_first(losses: Losses) -> dict[str, Cells]:
    return {name: own.drop_seed(0) for name, own in losses.items()}


def _compare(losses: Losses, at: int, first: str, second: str, *, level: float) -> tuple[float, float]:
    """The sign of the difference of two families at a level of size, as it is seen and, 0 where it is not, for sure."""
    end = np.eye(len(losses[first].table))[at]
    gap = contrast("gap", [(losses[first], end), (losses[second], -end)], level)
    sure = float(gap.low > 0) - float(gap.high < 0) if gap.has_interval else math.nan
    return float(np.sign(gap.value)), sure
