"""Students of pruned examples against the theory, band by band, at 2 and at 40 examples per dimension.

Errors of max-margin students taught for real, their mean and its Monte Carlo error, beside the theory of infinitely
many dimensions: z is the difference in those errors, off what it is of the theory's, which shows the bias of few
dimensions. The last line says how much of an error can be the solver's own, by its certificates.

    python -m benchmarks.pruning_theory
"""

from __future__ import annotations

import math
import time

import numpy as np

from lab.scaling.pruning.band import Band
from lab.scaling.pruning.perceptron import draw_pool, teach
from lab.scaling.pruning.theory import solve_student

SEEDS = {2.0: {100: 96, 200: 48, 400: 16}, 40.0: {100: 64, 200: 16}}
SHARES = {2.0: 0.5, 40.0: 0.25}
IMPERFECT = 20.0  # degrees


def list_bands(keep: float) -> list[Band]:
    """All examples, any of them, and either side by a perfect and an imperfect probe."""
    sides = [Band(side, keep, theta) for theta in (0.0, IMPERFECT) for side in ("hard", "easy")]  # type: ignore[arg-type]
    return [Band("random", 1.0), Band("random", keep), *sides]


def extrapolate(sizes: list[int], means: list[float], errors: list[float]) -> tuple[float, float]:
    """Where the line through the means against 1/d ends, weighted by their Monte Carlo errors, and its own error."""
    rows = np.stack([np.ones(len(sizes)), 1 / np.array(sizes)], axis=1) / np.array(errors)[:, np.newaxis]
    covariance = np.linalg.inv(rows.T @ rows)
    return float((covariance @ rows.T @ (np.array(means) / errors))[0]), math.sqrt(covariance[0, 0])


def main() -> None:
    """A line per number of examples, band and dimensions, '∞' the end of the line; then z and certificates at large."""
    began, scores, doubts = time.process_time(), [], [0.0]
    print(f"{'α':>4} {'kept':>16} {'d':>4} {'students':>9} {'± error':>8} {'theory':>8} {'off %':>6} {'z':>5}")
    for alpha, sizes in SEEDS.items():
        bands = list_bands(SHARES[alpha])
        found: dict[Band, list[tuple[int, float, float]]] = {band: [] for band in bands}
        for dimensions, seeds in sizes.items():
            pools = (draw_pool(alpha, dimensions, seed) for seed in range(seeds))
            lessons = [[teach(pool_PD, band) for band in bands] for pool_PD in pools]
            for band, own in zip(bands, zip(*lessons, strict=True), strict=True):
                errors = np.array([lesson.error for lesson in own])
                found[band].append((dimensions, errors.mean(), errors.std(ddof=1) / math.sqrt(seeds)))
                doubts.append(max(lesson.doubt for lesson in own))
        for band, points in found.items():
            theory, name = solve_student(alpha, band).error, f"{band.side} {band.keep:g}, {band.theta:g}°"
            limit = extrapolate(*map(list, zip(*points, strict=True)))  # type: ignore[arg-type]
            scores.append((limit[0] - theory) / limit[1])
            for size, mean, spread in (*points, ("∞", *limit)):
                told = f"{mean:9.5f} {spread:8.5f} {theory:8.5f} {100 * (mean / theory - 1):6.1f}"
                print(f"{alpha:4g} {name:>16} {size!s:>4} {told} {(mean - theory) / spread:5.1f}")
    print(f"beyond finite dimensions: largest |z| of {len(scores)} {max(map(abs, scores)):.2f}")
    print(f"solver's own part of an error: at most {max(doubts):.1e}; {time.process_time() - began:.0f} CPU-s")


if __name__ == "__main__":
    main()
