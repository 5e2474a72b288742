"""Students of pruned examples with a known error: rows of the runner `perceptron`, for figures and judges."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pandas as pd

from lab.core.seeds import open_stream
from lab.scaling.pruning.band import Band, Side
from lab.scaling.pruning.theory import solve_student
from lab.tables import Study, Tables
from lab.tables.frames import tidy_runs

Error = Callable[[float, Side, float, float], float]
"""The error, from examples per dimension before pruning, the side, the share and the probe's angle."""

SIDES: tuple[Side, Side] = ("hard", "easy")
OCTAVES = (0.5, 0.25, 0.125, 0.0625)  # as many shares as the questions of the sweep need


def follow_theory(alpha: float, side: Side, keep: float, theta: float) -> float:
    """What the theory says."""
    return solve_student(alpha, Band(side, keep, theta)).error


def make_tables(
    error: Error = follow_theory,
    seeds: int = 12,
    noise: float = 0.03,
    rng_seed: int = 0,
    octave: int = 1,
    dimensions: tuple[int, ...] = (100, 200, 400),
    theta: float = 20.0,
    shares: tuple[float, ...] = (0.5, 0.125),
) -> Tables:
    """2 and 40 examples per dimension in several dimensions, where the error is larger by 1/d, and curves in one.

    `noise` is the standard deviation of ln error, half of it common to what was kept of one pool.
    """
    rng, rows = open_stream(rng_seed, "studies", "pruning"), []
    pools: dict[str, float] = {}

    def add(alpha: float, size: int, side: Side, keep: float, angle: float) -> None:
        expected = error(alpha, side, keep, angle) * (1 + 1 / size)
        band = {"kept_side": side, "kept_share": keep, "probe_degrees": angle, "kept_ratio": alpha * keep}
        for seed in range(seeds):
            trunk = f"{alpha:.6g}-{size}-{seed}"
            pool = pools.setdefault(trunk, rng.standard_normal())
            value = expected * math.exp(noise / math.sqrt(2) * (rng.standard_normal() + pool))
            named = {"run_key": f"{trunk}-{side}-{keep}-{angle}", "trunk_key": trunk, "seed": seed}
            rows.append({**named, **band, "pool_ratio": alpha, "dimensions": size, "test_error": value})

    for alpha, keep in ((2.0, 0.5), (40.0, 0.25)):
        for size in dimensions:
            add(alpha, size, "random", 1.0, 0.0)
            add(alpha, size, "random", keep, 0.0)
            for side in SIDES:
                for angle in (0.0, theta):
                    add(alpha, size, side, keep, angle)
    for alpha in 2.0 ** (np.arange(0, 9 * octave + 1) / octave):
        for keep in (1.0, *shares):
            if 0.5 <= alpha * keep <= 32 and alpha not in (2.0, 40.0):
                for side, angle in (("random", 0.0),) if keep == 1 else (("hard", 0.0), ("easy", 0.0), ("hard", theta)):
                    add(float(alpha), dimensions[0], side, keep, angle)
    runs = tidy_runs(pd.DataFrame(rows).assign(study="pruning-standard", status="done", stage="grid", error=""))
    return Tables(Study("pruning-standard", "pruning_perceptron", "standard"), runs, pd.DataFrame())
