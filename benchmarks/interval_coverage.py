"""Does the default 95 % interval cover 95 % at the designs the lab really uses?

Each simulation draws losses of a known law with log-normal luck common to a trunk (sd 0.4 %) and of each run (0.3 %),
fits it as the lab does, and asks for every parameter, for the mean at three times the largest size and length, and for
one run more inside the range, whether the interval held the truth. Prints docs/intervals.md's table.

    python -m benchmarks.interval_coverage --simulations 2000
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lab.core.registry import open_shelf
from lab.core.seeds import open_stream
from lab.scaling import Data, Huber, Law, Loss, fit_law

Array = NDArray[Any]

TRUNK_LUCK, RUN_LUCK = 0.004, 0.003  # standard deviations of the log loss, as seen in the lab's own runs
JOINT = {"E": 0.9, "A": 60.0, "B": 900.0, "alpha": 0.42, "beta": 0.5}
SIZE, PURE_SIZE, PURE_TOKENS = (
    {"E": 1.2, "A": 60.0, "alpha": 0.42},
    {"A": 9.0, "alpha": 0.12},
    {"A": 20.0, "alpha": 0.15},
)


@dataclass(frozen=True)
class Design:
    """Widths × seeds × horizons (×2, from 0.5 M tokens) of a law; `against` N or D where it has one variable."""

    law: str
    truth: dict[str, float]
    widths: tuple[int, ...]
    seeds: int
    horizons: int = 1
    against: str = "size"

    def __str__(self) -> str:
        return f"{self.law}, {len(self.widths)} sizes × {self.seeds} seeds × {self.horizons} horizons"

    def load(self) -> Law:
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


FIVE, FOUR, SMOKE = (24, 32, 48, 64, 96), (24, 32, 48, 64), (16, 24, 32, 48)
DESIGNS = (
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


@dataclass(frozen=True)
class Coverage:
    """Share of intervals that held the truth, by what was asked; over the `counted` of all simulations that had one."""

    shares: dict[str, float]
    statuses: Counter[str]
    counted: int
    cpu_seconds: float


def simulate(design: Design, simulations: int, loss: Loss | None = None, seed: int = 0) -> Coverage:
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
        luck = TRUNK_LUCK * chance.standard_normal(trunks.max() + 1)[trunks] + RUN_LUCK * chance.standard_normal(
            len(mean)
        )
        fit = fit_law(law, Data(x, mean * np.exp(luck), trunks), loss)
        statuses[str(fit.status)] += 1
        if fit.uncertainty is None:
            continue
        counted += 1
        hits.update(e.name for e in fit.estimates if e.contains(truth[e.name]))
        ahead, inside = fit.predict_mean(**far), fit.predict_new_run(**{name: values[:1] for name, values in x.items()})
        fresh = mean[0] * np.exp(np.hypot(TRUNK_LUCK, RUN_LUCK) * chance.standard_normal())
        hits["mean at ×3"] += bool(ahead.low[0] <= law.predict(theta, **far)[0] <= ahead.high[0])
        hits["one run more"] += bool(inside.low[0] <= fresh <= inside.high[0])
    names = [*truth, "mean at ×3", "one run more"]
    shares = {name: hits[name] / max(counted, 1) for name in names}
    return Coverage(shares, statuses, counted, time.process_time() - began)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--simulations", type=int, default=2000)
    parser.add_argument("--delta", type=float, default=Huber().delta, help="Huber's δ")
    arguments = parser.parse_args()
    print("| design | least | coverage of 95 % intervals, % | status |\n| --- | --- | --- | --- |")
    for design in DESIGNS:
        found = simulate(design, arguments.simulations, Huber(arguments.delta))
        shares = ", ".join(f"{name} {100 * share:.1f}" for name, share in found.shares.items())
        statuses = ", ".join(f"{count} {status}" for status, count in found.statuses.most_common())
        print(f"| {design} | {100 * min(found.shares.values()):.1f} | {shares} | {statuses} |", flush=True)


if __name__ == "__main__":
    main()
