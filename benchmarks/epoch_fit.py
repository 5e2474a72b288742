"""The engine against the usual script on Chinchilla's 240 points: L-BFGS-B with numeric gradients (Besiroglu 2024).

The same data, loss, starts and bootstrap index sets; CPU-seconds of one process, medians of several rounds, peers
measured on a sample of their starts or resamples in the same run and multiplied up. A peer's fit counts as right where
its objective lies within 1e-6 of the least.

    python -m benchmarks.epoch_fit [POINTS.csv]

POINTS.csv has Epoch's columns (Model Size, Training FLOP, loss); without it, as many points of the same law are made.
"""

from __future__ import annotations

import argparse
import itertools
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import logsumexp

from lab.core.registry import open_shelf
from lab.scaling import Data, Huber, Law, fit_law
from lab.scaling.intervals import refit
from lab.scaling.problem import Problem
from lab.scaling.search import search

Array = NDArray[Any]

LOSS = Huber(1e-3)
RESAMPLES, STARTS = 4000, 4500
GRID = (np.arange(0, 30, 5.0),) * 2 + (np.linspace(-1, 1, 5),) + (np.linspace(0, 2, 5),) * 2  # ln A, ln B, ln E, α, β
PEERS = {"default tolerance": {}, "tight tolerance": {"ftol": 1e-15, "gtol": 1e-12}}


def read_points(path: Path | None) -> Data:
    """Epoch's points without the five highest losses, or 240 made by their law with their scatter."""
    if path is None:
        chance = np.random.default_rng(0)
        size = np.exp(chance.uniform(np.log(4e7), np.log(1.6e10), 240))
        tokens = np.exp(chance.uniform(np.log(1e9), np.log(3e11), 240))
        loss = 1.817 + 478 * size**-0.347 + 2143 * tokens**-0.367
        return Data({"size": size, "tokens": tokens}, loss * np.exp(0.004 * chance.standard_t(3, 240)), np.arange(240))
    table = np.genfromtxt(path, delimiter=",", names=True, usecols=(3, 4, 6), comments=None)
    size, compute, loss = (table[name] for name in ("Model_Size", "Training_FLOP", "loss"))
    keep = loss < np.sort(loss)[-5]
    return Data({"size": size[keep], "tokens": (compute / 6 / size)[keep]}, loss[keep], np.arange(keep.sum()))


def make_objective(data: Data) -> Callable[[Array, Array], float]:
    """Σ w ρ(ln y − logsumexp) of (ln A, ln B, ln E, α, β), as the usual script has it."""
    log_n, log_d, log_y = np.log(data.x["size"]), np.log(data.x["tokens"]), np.log(data.y)

    def objective(p: Array, weights: Array) -> float:
        terms = np.stack([p[0] - p[3] * log_n, p[1] - p[4] * log_d, np.full(len(log_y), p[2])])
        return float((weights * LOSS.value(log_y - logsumexp(terms, axis=0))).sum())

    return objective


def draw_resamples(count: int) -> Array:
    """Their index sets, as weights (4000, n): numpy's legacy generator with seed 42."""
    np.random.seed(42)  # noqa: NPY002 - their generator
    drawn = [np.random.choice(count, size=count, replace=True) for _ in range(RESAMPLES)]  # noqa: NPY002
    return np.stack([np.bincount(rows, minlength=count) for rows in drawn]).astype(float)


def clock(work: Callable[[], Any], rounds: int) -> float:
    """Median CPU-seconds of `work`."""
    spent = []
    for _ in range(rounds):
        began = time.process_time()
        work()
        spent.append(time.process_time() - began)
    return statistics.median(spent)


def time_peer(
    data: Data, starts: Array, weights: Array, least: Array, options: dict[str, float]
) -> tuple[float, float]:
    """CPU-seconds per fit of L-BFGS-B from each start with the weights of the same row, and the share that is right."""
    objective, ended = make_objective(data), []
    began = time.process_time()
    for start, row in zip(starts, weights, strict=True):
        ended.append(minimize(objective, start, args=(row,), method="L-BFGS-B", options=options).fun)
    spent = (time.process_time() - began) / len(starts)
    return spent, float((np.array(ended) <= least * (1 + 1e-6)).mean())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("points", nargs="?", type=Path)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--sample", type=int, default=60, help="fits of a peer to time")
    arguments = parser.parse_args()
    data, law = read_points(arguments.points), _load()
    fit = fit_law(law, data, LOSS)
    assert fit.theta is not None
    print(f"{len(data)} points, objective {fit.objective:.16f}, starts that agree {fit.agreement:.0%}")

    chance = np.random.default_rng(0)
    point = clock(lambda: fit_law(law, data, LOSS, interval="t"), arguments.rounds)
    jackknife = clock(lambda: fit_law(law, data, LOSS), arguments.rounds)
    grid = np.array(list(itertools.product(*GRID)))[chance.choice(STARTS, arguments.sample, replace=False)]
    print(
        f"point fit, t intervals, diagnosis: {1e3 * point:.1f} CPU-ms; default intervals: {1e3 * jackknife:.1f} CPU-ms"
    )
    for name, options in PEERS.items():
        ones, least = np.ones((len(grid), len(data))), np.full(len(grid), fit.objective)
        each, right = time_peer(data, grid, ones, least, options)
        print(f"  {STARTS} starts of L-BFGS-B, {name}: {STARTS * each:.0f} CPU-s, {right:.0%} right"
              f"   ratio {STARTS * each / point:.0f}")  # fmt: skip

    weights, problem = draw_resamples(len(data)), Problem(law, data, LOSS)
    near = np.broadcast_to(problem.chart.read(fit.theta), (RESAMPLES, 5))
    single = clock(lambda: search(problem, weights, near.copy()), arguments.rounds)
    double = clock(lambda: refit(problem, fit.theta, weights), max(1, arguments.rounds // 2))
    found = search(problem, weights, near.copy())
    errors = problem.chart.write(found.u).std(axis=0)
    print(
        f"{RESAMPLES} resamples, from the point fit: {single:.2f} CPU-s; also from a grid of each: {double:.2f} CPU-s"
    )
    print("  standard errors " + ", ".join(f"{n} {e:.5g}" for n, e in zip(law.names, errors, strict=True)))
    start = np.array([np.log(fit.theta[1]), np.log(fit.theta[2]), np.log(fit.theta[0]), *fit.theta[3:]])
    for name, options in PEERS.items():
        rows = slice(0, arguments.sample)
        starts = np.repeat(start[None], arguments.sample, axis=0)
        each, right = time_peer(data, starts, weights[rows], found.objective[rows], options)
        print(f"  {RESAMPLES} fits of L-BFGS-B from there, {name}: {RESAMPLES * each:.0f} CPU-s, {right:.0%} right"
              f"   ratio {RESAMPLES * each / single:.0f}")  # fmt: skip


def _load() -> Law:
    law: Law = open_shelf("laws").load("chinchilla")
    return law


if __name__ == "__main__":
    main()
