"""Studies of a known surface for what concerns the best size: valleys at equal compute, or sizes × horizons."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from lab.core.seeds import open_stream
from lab.tables import Study, Tables
from tests.synthetic import make_tables

CHINCHILLA = {"E": 1.69, "A": 406.4, "B": 410.7, "alpha": 0.34, "beta": 0.28}  # Hoffmann et al. 2022, eq. 10
BUDGETS = (1e17, 1e18, 1e19, 1e20, 1e21)


def find_best(surface: dict[str, float], flops: float) -> float:
    """N* in closed form, C = 6·N·D (Hoffmann et al. 2022, eq. 4)."""
    s = surface
    scale = (s["alpha"] * s["A"] / (s["beta"] * s["B"])) ** (1 / (s["alpha"] + s["beta"]))
    return float(scale * (flops / 6) ** (s["beta"] / (s["alpha"] + s["beta"])))


def make_valleys(
    surface: dict[str, float] = CHINCHILLA,
    reach: float = 16.0,
    count: int = 15,
    budgets: tuple[float, ...] = BUDGETS,
    noise: float = 0.0,
    shift: float = 1.0,
    rng_seed: int = 0,
) -> Tables:
    """`count` sizes from 1/`reach` to `reach` times `shift`·N* at each budget, every run on its own."""
    cells = [
        (n, c / 6 / n) for c in budgets for n in shift * find_best(surface, c) * np.geomspace(1 / reach, reach, count)
    ]
    return make_runs(cells, surface, noise, rng_seed)


def make_ladder(
    sizes: Iterable[float],
    horizons: Iterable[float],
    surface: dict[str, float] = CHINCHILLA,
    noise: float = 0.0,
    rng_seed: int = 0,
) -> Tables:
    """Every size to every horizon, every run on its own."""
    return make_runs([(n, d) for n in sizes for d in horizons], surface, noise, rng_seed)


def make_runs(cells: list[tuple[float, float]], surface: dict[str, float], noise: float, rng_seed: int) -> Tables:
    """A run per (N, D); all counts of parameters equal, C = 6·N·D, `noise` on the log loss."""
    template = make_tables(widths=(16,), horizons=(1,), seeds=(0,), rates=(0.02,)).runs.iloc[0].to_dict()
    rng, s, rows = open_stream(rng_seed, "valleys"), surface, []
    for at, (n, d) in enumerate(cells):
        loss = s["E"] + s["A"] * n ** -s["alpha"] + s["B"] * d ** -s["beta"]
        loss *= float(np.exp(noise * rng.standard_normal()))
        counts = dict.fromkeys(("params_total", "params_body", "params_active", "size"), n)
        compute = dict.fromkeys(("flops", "flops_6nd"), 6 * n * d)
        row = {"run_key": f"{at:04d}", "trunk_key": f"{at:04d}", "tokens": d, "unique_tokens": d, "loss_nats": loss}
        rows.append({**template, **row, **counts, **compute})
    return Tables(Study("known", origin="import"), pd.DataFrame(rows), pd.DataFrame())
