"""Every stored run as a code: its prequential length, the area above its loss, and what the best of them splits into.

Free of charge: the cumulative online code length stands on every training curve. Only the trajectory before the cooling
is one learner's; the cooled end is another, and repeated data are no code at all (the second time they are known).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from lab.analysis.learning_rates import CELL
from lab.analysis.selection import select_runs
from lab.complexity.epiplexity import Areas, measure_areas
from lab.core.estimate import Estimate
from lab.core.replicates import average_replicates
from lab.core.units import NATS_PER_BIT, format_count
from lab.tables import Tables

FEWEST_POINTS = 3  # of a curve before it is cooled
HULL_POINTS = 30
NEXT = "train one, within one epoch of its data: `lab run kaplan_language_models --preset smoke`"


@dataclass(frozen=True)
class CodeLengths:
    """`rows`: finished single-epoch runs with `area_bits` at `area_tokens`, `area_loss_nats` and, where the true model
    is known, `excess_bits`; `refused`: run_key and reason of every other run.
    """

    rows: pd.DataFrame
    refused: pd.DataFrame

    @property
    def reason(self) -> str:
        """Why there is no row; '' where there is one."""
        if len(self.rows):
            return ""
        counts = self.refused["reason"].value_counts()
        return "; ".join(f"{count} {reason}" for reason, count in counts.items()) or "there are no runs"


def measure_runs(tables: Tables) -> CodeLengths:
    """The code length of every run, and the area above its last loss before cooling.

    `online_bits` counts every training token once, as a target, at the probability the net gave it before the step that
    learned from it; the first batch at what the untrained net says, close to uniform; no token is left out, and the one
    that only opens a window is not counted. The area is measured within the last interval before the
    cooling (`lab.complexity.epiplexity.measure_areas`).
    """
    curves = dict(tuple(tables.curves.groupby("run_key", sort=False)))
    rows, refused = [], []
    for index, run in tables.runs.iterrows():
        areas = find_areas(run, curves.get(run["run_key"]))
        if isinstance(areas, str):
            refused.append({"run_key": run["run_key"], "reason": areas})
            continue
        end = {"area_tokens": areas.tokens[-1], "area_loss_nats": areas.loss[-1]}
        rows.append({"index": index, **end, "area_bits": areas.structure[-1] / NATS_PER_BIT})
    found = pd.DataFrame(rows, columns=["index", "area_tokens", "area_loss_nats", "area_bits"]).set_index("index")
    measured = tables.runs.loc[found.index].join(found)
    if "floor_nats" in measured:
        floor = measured["tokens"] * measured["floor_nats"] / NATS_PER_BIT
        measured = measured.assign(excess_bits=measured["online_bits"] - floor)
    return CodeLengths(measured, pd.DataFrame(refused, columns=["run_key", "reason"]))


def find_areas(run: pd.Series, curve: pd.DataFrame | None) -> Areas | str:
    """The areas along a run's online trajectory, or why it has none."""
    if run["status"] != "done":
        return f"{run['status']} and not done"
    if pd.isna(run["unique_tokens"]):
        return "whose data may repeat: how many tokens are new is not known"
    if run["tokens"] > run["unique_tokens"]:
        return "repeats its data: more than one epoch is not prequential"
    if curve is None or curve["online_bits"].isna().any():
        return "without a curve of its online code length"
    if curve["learning_rate"].isna().any():
        return "without learning rates along its curve: where it was cooled is not known"
    curve = curve.sort_values("tokens")
    rate = curve["learning_rate"].to_numpy(float)
    online = curve.iloc[: np.flatnonzero(rate >= rate.max() * (1 - 1e-9))[-1] + 1]
    if len(online) < FEWEST_POINTS:
        return f"with fewer than {FEWEST_POINTS} points of its curve before the cooling"
    return measure_areas(online["tokens"].to_numpy(float), online["online_bits"].to_numpy(float) * NATS_PER_BIT)


def compare_rates(lengths: CodeLengths) -> pd.DataFrame:
    """What the area owes to the learning rate: a row per cell with two or more `rates`, with the least and the largest
    mean over seeds (`area_bits_low`, `area_bits_high`), largest model and longest horizon first.

    A range over the rates that were tried, no interval: another grid of rates has another.
    """
    shown = ["params_total", "tokens", "rates", "area_bits_low", "area_bits_high"]
    if lengths.rows.empty:
        return pd.DataFrame(columns=shown)
    by_rate = lengths.rows.groupby([*CELL, "params_total", "learning_rate"], dropna=False)["area_bits"].mean()
    cells = by_rate.reset_index().groupby([*CELL, "params_total"], dropna=False)["area_bits"]
    found = cells.agg(rates="size", area_bits_low="min", area_bits_high="max").reset_index()
    order = found[found["rates"] > 1].sort_values(["params_total", "tokens"], ascending=False, ignore_index=True)
    return order[shown]


def describe_rates(rates: pd.DataFrame) -> str:
    """The first row of `compare_rates` in words: it stands beside an interval that does not hold it; '' without one."""
    if rates.empty:
        return ""
    first = rates.iloc[0]
    return (
        f"S depends on the learning rate, which no interval here counts: N = {format_count(first['params_total'])}, "
        f"D = {format_count(first['tokens'])}, areas from {format_count(first['area_bits_low'])} to "
        f"{format_count(first['area_bits_high'], 'bit')} over {first['rates']:.0f} rates"
    )


@dataclass(frozen=True)
class Hull:
    """The shortest total code by compute: `points` are the checkpoints it may be taken from, `estimates` by quantity
    one per value of `compute`, over seeds; `reason` where there is none.
    """

    points: pd.DataFrame
    compute: np.ndarray
    estimates: dict[str, list[Estimate]]
    seeds: int = 0
    reason: str = ""


QUANTITIES = ("structural_bits", "random_bits", "total_bits")


def trace_hull(tables: Tables, test_tokens: float, level: float = 0.95) -> Hull:
    """S, H and S + H of `test_tokens` at every budget of compute, each seed by its own checkpoints.

    A checkpoint costs its training and a forward pass of every test token; its code is the area K above its loss plus
    𝒟·L, L the online loss. S and H are read off the lower convex hull of the totals, in logarithms (Finzi et al. 2026,
    arXiv 2601.03220, their Pareto frontier). Checkpoints are those of the trunks a law may be fitted to; the intervals
    are Student's over seeds.
    """
    runs = select_runs(tables).rows.sort_values("tokens").drop_duplicates("trunk_key", keep="last")
    curves = dict(tuple(tables.curves.groupby("run_key", sort=False)))
    found = [(run, find_areas(run, curves.get(run["run_key"]))) for _, run in runs.iterrows()]
    parts = [_price(run, areas, test_tokens) for run, areas in found if not isinstance(areas, str)]
    if not parts:
        return Hull(pd.DataFrame(), np.empty(0), {}, reason=measure_runs(tables).reason)
    points = pd.concat(parts, ignore_index=True).sort_values("coding_flops", ignore_index=True)
    by_seed = [own for _, own in points.groupby("seed", dropna=False)]
    low = max(own["coding_flops"].iloc[0] for own in by_seed)
    high = min(own["coding_flops"].iloc[-1] for own in by_seed)
    if not low < high:
        return Hull(points, np.empty(0), {}, len(by_seed), "the seeds share no range of compute")
    compute = np.geomspace(low, high, HULL_POINTS)
    chosen = [_choose(own, compute) for own in by_seed]
    estimates = {
        name: [
            average_replicates(name, [float(own[name].iloc[k]) for own in chosen], "bits", level)
            for k in range(len(compute))
        ]
        for name in QUANTITIES
    }
    return Hull(points, compute, estimates, len(by_seed))


def _price(run: pd.Series, areas: Areas, test_tokens: float) -> pd.DataFrame:
    """The checkpoints of one trunk. A forward pass is a third of a training token's work."""
    per_token = run["flops"] / run["tokens"]
    structural, random = areas.structure / NATS_PER_BIT, test_tokens * areas.loss / NATS_PER_BIT
    return pd.DataFrame(
        {
            "run_key": run["run_key"],
            "seed": run["seed"],
            "size": run["size"],
            "params_total": run["params_total"],
            "tokens": areas.tokens,
            "coding_flops": per_token * (areas.tokens + test_tokens / 3),
            "structural_bits": structural,
            "random_bits": random,
            "total_bits": structural + random,
        }
    )


def _choose(points: pd.DataFrame, compute: np.ndarray) -> pd.DataFrame:
    """S, H and S + H at every budget (k,): on the lower convex hull of ln(S + H) over ln C, linear between its points.

    Only what falls belongs to it: a dearer checkpoint with a longer code is never taken.
    """
    total = points["total_bits"].to_numpy(float)
    falling = np.flatnonzero(total <= np.minimum.accumulate(total))
    x, y = np.log(points["coding_flops"].to_numpy(float)), np.log(total)
    hull: list[int] = []
    for i in falling.tolist():
        while len(hull) > 1 and _is_above(x, y, hull[-2], hull[-1], i):
            hull.pop()
        hull.append(i)
    at = np.log(compute)
    split = {name: np.interp(at, x[hull], points[name].to_numpy(float)[hull]) for name in QUANTITIES[:2]}
    return pd.DataFrame({**split, "total_bits": split["structural_bits"] + split["random_bits"]})


def _is_above(x: np.ndarray, y: np.ndarray, a: int, b: int, c: int) -> bool:
    """Whether point b lies on or above the chord from a to c."""
    return bool((y[b] - y[a]) * (x[c] - x[a]) >= (y[c] - y[a]) * (x[b] - x[a]))
