"""Families of nets on the same data: who leads at which size, and against which axis.

A cell is a family, a size and a seed: one training, read at several horizons. Sizes of different families are the same
level where their numbers of parameters are about equal. What is compared is a number per cell (the log loss at the
longest horizon, its mean over horizons, that at equal compute), and every question is a contrast of its means over
seeds, with Welch's interval: each family has a noise of its own at each size, the spread of its seeds there, and only
the levels a question is about have a say in it.

Which pair of families to look at is decided by the first seed alone, which then takes no part in the measurement:
otherwise luck would choose the pair and then confirm it. That seed also chose the learning rates.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import stdtrit

from lab.analysis.selection import select_runs
from lab.core.estimate import Estimate
from lab.tables import Tables

Array = NDArray[Any]

AXES = ("tokens", "flops", "cpu_seconds")
SAME_SIZE = 1.25  # families whose parameters differ by more at some level are not compared


@dataclass(frozen=True)
class Cells:
    """A number per level and seed of one family: `table` (levels, seeds), NaN where there is no such run."""

    table: Array

    @property
    def counts(self) -> Array:
        """Seeds per level."""
        counts: Array = np.isfinite(self.table).sum(axis=1)
        return counts

    @property
    def means(self) -> Array:
        """Means over seeds, NaN where there is none."""
        counts = self.counts
        return np.where(counts, np.nansum(self.table, axis=1) / np.maximum(counts, 1), math.nan)

    @property
    def variances(self) -> Array:
        """Of the seeds of each level about their mean; NaN below two."""
        freedom = self.counts - 1
        squares = np.nansum((self.table - self.means[:, None]) ** 2, axis=1)
        return np.where(freedom > 0, squares / np.maximum(freedom, 1), math.nan)

    def drop_seed(self, seed: int) -> Cells:
        """Without the seed in this place."""
        return Cells(np.delete(self.table, seed, axis=1))


@dataclass(frozen=True)
class Architectures:
    """`rows`: selected runs with their `level`, 0 the smallest; `params`: (levels,) of each family, in `families`;
    `dropped`: families left out, with a reason; `seeds`: those that any family has, the first chooses pairs.
    """

    rows: pd.DataFrame = field(repr=False)
    params: Mapping[str, Array]
    seeds: tuple[float, ...]
    dropped: Mapping[str, str]

    @property
    def families(self) -> tuple[str, ...]:
        """Names, sorted."""
        return tuple(self.params)

    def tabulate(self, family: str, column: str) -> Cells:
        """The mean of `column` over the rows of each cell of a family."""
        own = self.rows[self.rows["family"] == family]
        table = own.pivot_table(column, "level", "seed", aggfunc="mean")
        levels = range(len(self.params[family]))
        return Cells(table.reindex(index=levels, columns=self.seeds).to_numpy(float))


def collect_architectures(tables: Tables) -> Architectures:
    """The families of a study that have the same levels of size, each at the best learning rate of its cells."""
    rows = select_runs(tables, "family").rows
    rows = rows.assign(
        level=rows.groupby("family")["params_total"].rank("dense").astype(float) - 1,
        log_loss=np.log(rows["loss_nats"].to_numpy(float)),
    )
    params = {str(name): np.unique(own["params_total"]) for name, own in rows.groupby("family")}
    most = max((len(sizes) for sizes in params.values()), default=0)
    dropped = {name: f"has {len(sizes)} of {most} sizes" for name, sizes in params.items() if len(sizes) < most}
    kept = {name: sizes for name, sizes in params.items() if name not in dropped}
    middle = np.median(list(kept.values()), axis=0) if kept else np.array([])
    for name in list(kept):
        apart = float(np.exp(np.abs(np.log(kept[name] / middle)).max()))
        if apart > SAME_SIZE:
            dropped[name] = f"its sizes are up to {apart:.2g} times the others'"
            del kept[name]
    rows = rows[rows["family"].isin(kept)]
    seeds = tuple(sorted(float(seed) for seed in rows["seed"].dropna().unique()))
    return Architectures(rows, kept, seeds, dropped)


def keep_longest(found: Architectures) -> Architectures:
    """The longest horizon that all families have at all levels."""
    tokens = _find_common_horizons(found)
    return replace(found, rows=found.rows[found.rows["tokens"] == max(tokens, default=math.nan)])


def keep_common(found: Architectures) -> Architectures:
    """The horizons that all families have at all levels."""
    return replace(found, rows=found.rows[found.rows["tokens"].isin(_find_common_horizons(found))])


def equate(found: Architectures, families: Sequence[str], axis: str) -> dict[str, Cells]:
    """The log loss of these families at equal `axis` (tokens, flops or cpu_seconds), one number per cell.

    A cell's log loss is interpolated linearly in the logarithm of the axis between its horizons, never beyond, at the
    largest value that every cell of the level reaches; NaN at a level where some cell begins only later.
    """
    rows = found.rows[found.rows["family"].isin(families)]
    tables = {name: np.full((len(found.params[name]), len(found.seeds)), math.nan) for name in families}
    for _, own in rows.groupby("level"):
        curves = [cell.sort_values(axis) for _, cell in own.groupby(["family", "seed"])]
        reached = min(float(curve[axis].iloc[-1]) for curve in curves)
        for curve in curves:
            name, seed = curve["family"].iloc[0], float(curve["seed"].iloc[0])
            x, y = np.log(curve[axis].to_numpy(float)), curve["log_loss"].to_numpy(float)
            inside = x[0] <= math.log(reached)
            value = float(np.interp(math.log(reached), x, y)) if inside else math.nan
            tables[name][int(own["level"].iloc[0]), found.seeds.index(seed)] = value
    return {name: Cells(table) for name, table in tables.items()}


def contrast(name: str, parts: Sequence[tuple[Cells, Array]], level: float, unit: str = "") -> Estimate:
    """Σ over families of Σ over levels of weight × mean over seeds, with the interval of Welch 1947 and Satterthwaite.

    Its n counts the runs of levels that have weight. No interval where one of those has fewer than two seeds, or where
    nothing varies.
    """
    value, variance, squares, cells = 0.0, 0.0, 0.0, 0
    for own, weights in parts:
        used = weights != 0
        counts = own.counts[used]
        value += float(weights[used] @ own.means[used])
        shares = weights[used] ** 2 * own.variances[used] / np.maximum(counts, 1)
        variance += float(shares.sum())
        squares += float((shares**2 / np.maximum(counts - 1, 1)).sum())
        cells += int(counts.sum())
    if not (math.isfinite(value) and variance > 0):
        method = "needs two seeds besides the first at every size compared"
        return Estimate(name, value, level=level, unit=unit, method=method, n=cells)
    freedom = variance**2 / squares
    half = float(stdtrit(freedom, 0.5 + level / 2)) * math.sqrt(variance)
    method = f"Welch's t({freedom:.3g}) over the {cells} trunks of the sizes compared"
    return Estimate(name, value, value - half, value + half, level, unit, method, cells)


@dataclass(frozen=True)
class Finding:
    """What a question found: `pair` of families ('' where there are none), `find` the estimate at a level."""

    pair: tuple[str, str]
    name: str
    parts: tuple[tuple[tuple[Cells, Array], ...], ...]

    def find(self, level: float = 0.95) -> Estimate:
        """The estimate; of several parts, all of which must hold, the smallest with the smallest ends."""
        if not self.parts:
            return Estimate(self.name, math.nan, level=level, method="needs the families to compare", n=0)
        found = [contrast(self.name, part, level) for part in self.parts]
        least = min(found, key=lambda estimate: estimate.value)
        if not all(estimate.has_interval for estimate in found):
            return next(estimate for estimate in found if not estimate.has_interval)
        ends = {end: min(getattr(estimate, end) for estimate in found) for end in ("low", "high", "n")}
        return replace(least, **ends)


def compare_slopes(found: Architectures) -> Finding:
    """The exponent α of ln L = c − α·ln N at the longest horizon: of the steepest family minus that of the flattest."""
    return contrast_slopes(_tabulate_all(keep_longest(found), "log_loss"), found.params)


def contrast_slopes(cells: Mapping[str, Cells], params: Mapping[str, Array]) -> Finding:
    """The question of `compare_slopes` put to the log losses of families of these sizes."""
    slopes = {name: _weigh_slope(params[name]) for name in cells}
    title = "difference of the exponents of size"
    first = {name: float(slopes[name] @ own.table[:, 0]) for name, own in cells.items() if own.table.size}
    first = {name: value for name, value in first.items() if math.isfinite(value)}
    if len(first) < 2 or any(len(weights) < 2 for weights in slopes.values()):
        return Finding(("", ""), title, ())
    pair = max(first, key=lambda name: first[name]), min(first, key=lambda name: first[name])
    steep, flat = ((cells[name].drop_seed(0), sign * slopes[name]) for name, sign in zip(pair, (1, -1), strict=True))
    return Finding(pair, f"α[{pair[0]}] − α[{pair[1]}]", ((steep, flat),))


def compare_ranks(found: Architectures) -> Finding:
    """The lead in ln L of one family at the smallest size, and of the other at the largest; the smaller of the two."""
    return contrast_leads(_tabulate_all(keep_longest(found), "log_loss"))


def contrast_leads(cells: Mapping[str, Cells]) -> Finding:
    """The question of `compare_ranks` put to log losses; the pair is chosen where the first seed has both ends."""
    title = "smaller of two leads in ln L"
    firsts = {name: own.table[[0, -1], 0] for name, own in cells.items() if len(own.table) > 1 and own.table.size}
    firsts = {name: ends for name, ends in firsts.items() if np.isfinite(ends).all()}
    if len(firsts) < 2:
        return Finding(("", ""), title, ())

    def measure_crossing(pair: tuple[str, str]) -> float:
        small, large = firsts[pair[1]] - firsts[pair[0]]
        return min(float(small), -float(large))

    pair = max(itertools.permutations(firsts, 2), key=measure_crossing)
    small, large = cells[pair[0]].drop_seed(0), cells[pair[1]].drop_seed(0)
    ends = np.eye(len(small.table))[[0, -1]]
    leads = tuple(((large, sign * end), (small, -sign * end)) for end, sign in zip(ends, (1, -1), strict=True))
    return Finding(pair, f"{title}: {pair[0]} when small, {pair[1]} when large", leads)


def compare_at_equal(found: Architectures, ahead: str, behind: str, axis: str, levels: str) -> Finding:
    """By how much `ahead` is below `behind` in ln L at equal `axis`, at the 'smallest' level or the mean of 'all'.

    At equal tokens it is the mean over the horizons they have in common.
    """
    title = f"ln L[{behind}] − ln L[{ahead}] at equal {axis.replace('_', ' ')}"
    if not {ahead, behind} <= set(found.families):
        return Finding(("", ""), title, ())
    pair = (ahead, behind)
    cells = _tabulate_all(keep_common(found), "log_loss") if axis == "tokens" else equate(found, pair, axis)
    return contrast_pair(title, cells, pair, levels)


def contrast_pair(title: str, cells: Mapping[str, Cells], pair: tuple[str, str], levels: str) -> Finding:
    """The question of `compare_at_equal` put to log losses: `pair` is ahead and behind."""
    ahead, behind = (cells[name].drop_seed(0) for name in pair)
    count = len(ahead.table)
    weights = np.full(count, 1 / count) if levels == "all" else np.eye(count)[0]
    return Finding(pair, title, (((behind, weights), (ahead, -weights)),))


def rank_families(found: Architectures, level: float = 0.95) -> pd.DataFrame:
    """The rank of every family at every level at the longest horizon; 1 is the lowest loss.

    Columns: family, level, params_total, tokens, loss_nats (geometric mean over seeds), rank, and `low` and `high`: one
    more than the families surely below, and as many as are not surely above, by pairwise intervals at `level`.
    """
    longest = keep_longest(found)
    cells = _tabulate_all(longest, "log_loss")
    rows = []
    for at in range(len(next(iter(found.params.values()), ()))):
        means = {name: float(own.means[at]) for name, own in cells.items() if math.isfinite(own.means[at])}
        for name, mean in means.items():
            below, above = _count_sure(cells, means, name, at, level)
            rank = 1 + sum(other < mean for other in means.values())
            size, tokens = found.params[name][at], longest.rows["tokens"].max()
            ends = (1 + below, len(means) - above) if math.isfinite(below) else (math.nan, math.nan)
            rows.append((name, at, size, tokens, math.exp(mean), rank, *ends))
    columns = ["family", "level", "params_total", "tokens", "loss_nats", "rank", "low", "high"]
    return pd.DataFrame(rows, columns=columns)


def _count_sure(cells: Mapping[str, Cells], means: Mapping[str, float], name: str, at: int, level: float) -> Any:
    """How many families are surely below and surely above this one; NaN where no seed tells noise from a difference."""
    find = partial(contrast, "gap", level=level)
    end = np.eye(len(cells[name].table))[at]
    gaps = [find([(cells[name], end), (cells[other], -end)]) for other in means if other != name]
    if not all(gap.has_interval for gap in gaps):
        return math.nan, math.nan
    return sum(gap.low > 0 for gap in gaps), sum(gap.high < 0 for gap in gaps)


def _tabulate_all(found: Architectures, column: str) -> dict[str, Cells]:
    return {name: found.tabulate(name, column) for name in found.families}


def _find_common_horizons(found: Architectures) -> set[float]:
    """The horizons at which every family has a run at every level."""
    each = [set(own["tokens"]) for _, own in found.rows.groupby(["family", "level"])]
    return set.intersection(*each) if each else set()


def _weigh_slope(sizes: Array) -> Array:
    """Weights w with −Σ w·y the least-squares slope of y on ln N, so that Σ w·ln L is the exponent α."""
    centred = np.log(sizes) - np.log(sizes).mean()
    weights: Array = -centred / max(float(centred @ centred), 1e-300)
    return weights
