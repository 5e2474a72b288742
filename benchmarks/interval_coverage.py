"""Does the default 95 % interval cover 95 % at the designs the lab really uses, and at those of the literature?

Each simulation draws losses of a known law with log-normal luck common to a trunk and of each run, fits it as the lab
does, and asks for every parameter, for the mean at three times the largest predictors, and for one run more inside the
range, whether the interval held the truth. A design is consistent with 95 % where every share lies within the band of
a binomial corrected for how many shares there are in all (Bonferroni). Prints docs/intervals.md's table.

    python -m benchmarks.interval_coverage --simulations 2000 [--designs lab|independent|clustered|reference]
"""

from __future__ import annotations

import argparse
import math
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from lab.analysis.laws.fits import fit_joint
from lab.core.registry import open_shelf
from lab.core.seeds import open_stream
from lab.scaling import Data, Huber, Law, Loss, fit_law
from lab.tables import load_tables

Array = NDArray[Any]

TRUNK_LUCK, RUN_LUCK = 0.004, 0.003  # standard deviations of the log loss, as seen in the lab's own runs
JOINT = {"E": 0.9, "A": 60.0, "B": 900.0, "alpha": 0.42, "beta": 0.5}
SIZE, PURE_SIZE, PURE_TOKENS = (
    {"E": 1.2, "A": 60.0, "alpha": 0.42},
    {"A": 9.0, "alpha": 0.12},
    {"A": 20.0, "alpha": 0.15},
)


@dataclass(frozen=True)
class Layout:
    """Any design: predictors (n,) of a law, the trunk of every row, and the two lucks."""

    name: str
    law: str
    truth: dict[str, float]
    x: dict[str, Array] = field(repr=False)
    trunks: Array = field(repr=False)
    trunk_luck: float = 0.0
    run_luck: float = 0.01

    def __str__(self) -> str:
        return self.name

    def load(self) -> Law:
        """The law."""
        law: Law = open_shelf("laws").load(self.law)
        return law

    def lay_out(self) -> tuple[dict[str, Array], Array]:
        """The predictors of every run, and its trunk."""
        return self.x, self.trunks


@dataclass(frozen=True)
class Design:
    """Widths × seeds × horizons (×2, from 0.5 M tokens) of a law; `against` N or D where it has one variable."""

    law: str
    truth: dict[str, float]
    widths: tuple[int, ...]
    seeds: int
    horizons: int = 1
    against: str = "size"
    trunk_luck: float = TRUNK_LUCK
    run_luck: float = RUN_LUCK

    def __str__(self) -> str:
        return f"{self.law}, {len(self.widths)} sizes × {self.seeds} seeds × {self.horizons} horizons"

    def load(self) -> Law:
        """The law."""
        law: Law = open_shelf("laws").load(self.law)
        return law

    def lay_out(self) -> tuple[dict[str, Array], Array]:
        """The predictors of every run, and its trunk."""
        rows = [(w, s, h) for w in self.widths for s in range(self.seeds) for h in range(self.horizons)]
        width, _, horizon = np.array(rows, float).T
        columns = {"size": 36 * width**2 + 512 * width, "tokens": 2.0 ** (19 + horizon)}
        trunks = np.unique([row[:2] for row in rows], axis=0, return_inverse=True)[1].reshape(-1)
        predictors = self.load().predictors
        return ({"x": columns[self.against]} if len(predictors) == 1 else columns), trunks


def spread_sizes(count: int, seeds: int = 1) -> Layout:
    """L = E + A·N^(−α) over two and a half decades of N, independent runs, 1 % of luck."""
    n = np.repeat(np.geomspace(3e4, 1e7, count), seeds)
    return Layout(f"power, {count} sizes × {seeds}, independent", "power", SIZE, {"x": n}, np.arange(len(n)))


def spread_grid(sizes: int, horizons: int) -> Layout:
    """L(N, D) on a full grid over two decades of each, independent runs."""
    n, d = (axis.reshape(-1) for axis in np.meshgrid(np.geomspace(1e6, 1e8, sizes), np.geomspace(1e7, 1e9, horizons)))
    name = f"chinchilla, {sizes} × {horizons} grid, independent"
    return Layout(name, "chinchilla", JOINT, {"size": n, "tokens": d}, np.arange(len(n)))


def spread_ridge(count: int) -> Layout:
    """L(N, D) with 10 to 100 tokens per parameter, independent runs."""
    chance = open_stream(0, "ridge", count)
    n = np.geomspace(1e5, 1e8, count)
    d = n * np.exp(chance.uniform(np.log(10), np.log(100), count))
    name = f"chinchilla, {count} runs with D = 10 to 100 N, independent"
    return Layout(name, "chinchilla", JOINT, {"size": n, "tokens": d}, np.arange(count))


def follow_runs(runs: int, points: int) -> Layout:
    """L(N, D) from the checkpoints of a few runs: 0.9 % luck of a run, 0.44 % of a point."""
    n = np.repeat(np.geomspace(1e5, 1e8, runs), points)
    d = np.tile(np.geomspace(1e7, 1e10, points), runs)
    name = f"chinchilla, {runs} runs × {points} points"
    return Layout(name, "chinchilla", JOINT, {"size": n, "tokens": d}, np.repeat(np.arange(runs), points), 9e-3, 4.4e-3)


def repeat_reference() -> list[Layout]:
    """The reference study's own runs, trunks and fitted surface, with the luck seen in them."""
    named = fit_joint(load_tables("kaplan_language_models-standard"))
    rows, fit = named.rows_used, named.fit
    assert fit.theta is not None
    truth = dict(zip(fit.form.names, map(float, fit.theta), strict=True))
    x = {name: rows[column].to_numpy(float) for name, column in zip(fit.predictors, named.columns, strict=True)}
    trunks = np.unique(rows["trunk_key"].to_numpy(str), return_inverse=True)[1]
    name = f"reference study, {len(rows)} runs of {fit.units} trunks"
    return [Layout(name, "chinchilla", truth, x, trunks, 0.0072, 0.0089)]


FIVE, FOUR, SMOKE = (24, 32, 48, 64, 96), (24, 32, 48, 64), (16, 24, 32, 48)
LAB = (
    Design("pure_power", PURE_SIZE, FIVE, 1),
    Design("pure_power", PURE_SIZE, SMOKE, 2),
    Design("pure_power", PURE_SIZE, FIVE, 3),
    Design("power", SIZE, FIVE, 1),
    Design("power", SIZE, SMOKE, 2),
    Design("power", SIZE, FIVE, 3),
    Design("power", SIZE, (16, 24, 32, 48, 64, 96, 128), 5),
    Design("pure_power", PURE_TOKENS, (96,), 2, 3, "tokens"),
    Design("pure_power", PURE_TOKENS, (96,), 3, 4, "tokens"),
    Design("chinchilla", JOINT, FOUR, 3, 4),
    Design("chinchilla", JOINT, FIVE, 3, 4),
    Design("chinchilla", JOINT, (16, 24, 32, 48, 64, 96, 128), 5, 5),
)


INDEPENDENT = (
    *(spread_sizes(count) for count in (5, 8, 12, 24)),
    spread_sizes(8, 3),
    *(spread_grid(sizes, horizons) for sizes, horizons in ((10, 6), (12, 10), (16, 15))),
    *(spread_ridge(count) for count in (60, 240)),
)
CLUSTERED = (
    *(follow_runs(runs, points) for runs, points in ((16, 15), (12, 10), (10, 6))),
    Design("chinchilla", JOINT, SMOKE, 2, 3),
    Design("chinchilla", JOINT, FIVE, 2, 4),
    Design("power", SIZE, FOUR, 2, 2),
)


@dataclass(frozen=True)
class Coverage:
    """Share of intervals that held the truth, by what was asked; over the `counted` of all simulations that had one."""

    shares: dict[str, float]
    statuses: Counter[str]
    counted: int
    cpu_seconds: float


def simulate(design: Design | Layout, simulations: int, loss: Loss | None = None, seed: int = 0) -> Coverage:
    """Coverage of the default interval at `design`; a fit without an interval is counted in `statuses` only."""
    law, (x, trunks) = design.load(), design.lay_out()
    chance = open_stream(seed, "coverage", str(design))
    theta = np.array([design.truth[name] for name in law.names])
    truth = {**design.truth, **{name: float(value) for name, value in law.derive(theta).items()}}
    mean, far = law.predict(theta, **x), {name: values.max(keepdims=True) * 3 for name, values in x.items()}
    hits: Counter[str] = Counter()
    statuses: Counter[str] = Counter()
    counted, began = 0, time.process_time()
    for _ in range(simulations):
        shared = design.trunk_luck * chance.standard_normal(trunks.max() + 1)[trunks]
        luck = shared + design.run_luck * chance.standard_normal(len(mean))
        fit = fit_law(law, Data(x, mean * np.exp(luck), trunks), loss)
        statuses[str(fit.status)] += 1
        if fit.uncertainty is None:
            continue
        counted += 1
        hits.update(e.name for e in fit.estimates if e.contains(truth[e.name]))
        ahead, inside = fit.predict_mean(**far), fit.predict_new_run(**{name: values[:1] for name, values in x.items()})
        fresh = mean[0] * np.exp(np.hypot(design.trunk_luck, design.run_luck) * chance.standard_normal())
        hits["mean at ×3"] += bool(ahead.low[0] <= law.predict(theta, **far)[0] <= ahead.high[0])
        hits["one run more"] += bool(inside.low[0] <= fresh <= inside.high[0])
    names = [*truth, "mean at ×3", "one run more"]
    shares = {name: hits[name] / max(counted, 1) for name in names}
    return Coverage(shares, statuses, counted, time.process_time() - began)


def find_band(simulations: int, shares: int) -> tuple[float, float]:
    """Where every one of `shares` binomial shares of 95 % lies with 95 % probability."""
    reach = float(stats.norm.ppf(1 - 0.025 / shares)) * math.sqrt(0.95 * 0.05 / simulations)
    return 0.95 - reach, 0.95 + reach


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--simulations", type=int, default=2000)
    parser.add_argument("--delta", type=float, default=Huber().delta, help="Huber's δ")
    parser.add_argument("--designs", choices=("lab", "independent", "clustered", "reference"), default="lab")
    arguments = parser.parse_args()
    designs = {"lab": LAB, "independent": INDEPENDENT, "clustered": CLUSTERED}.get(arguments.designs)
    print("| design | least | most | coverage of 95 % intervals, % | status |\n| --- | --- | --- | --- | --- |")
    asked, found_all = 0, []
    for design in designs or repeat_reference():
        found = simulate(design, arguments.simulations, Huber(arguments.delta))
        shares = ", ".join(f"{name} {100 * share:.1f}" for name, share in found.shares.items())
        statuses = ", ".join(f"{count} {status}" for status, count in found.statuses.most_common())
        ends = min(found.shares.values()), max(found.shares.values())
        print(f"| {design} | {100 * ends[0]:.1f} | {100 * ends[1]:.1f} | {shares} | {statuses} |", flush=True)
        asked += len(found.shares)
        found_all.append(ends)
    low, high = find_band(arguments.simulations, asked)
    inside = sum(low <= ends[0] and ends[1] <= high for ends in found_all)
    least = min(ends[0] for ends in found_all)
    print(f"band of {asked} shares: {100 * low:.1f} to {100 * high:.1f} %; least of all {100 * least:.1f} %")
    print(f"{inside} of {len(found_all)} designs lie inside the band with every share")


if __name__ == "__main__":
    main()
