"""The frontier of a surface whose optimum is known in closed form."""

from __future__ import annotations

import numpy as np
import pytest

from lab.analysis.frontier import find_frontier
from tests.synthetic import make_tables

SURFACE = {"E": 0.9, "A": 60.0, "alpha": 0.4, "B": 400.0, "beta": 0.4}
WIDE = {
    "widths": (12, 16, 20, 24, 28, 32, 40, 48, 56, 64, 80, 96),
    "horizons": tuple(2**k for k in range(17, 25)),
    "rates": (0.02,),
    "surface": SURFACE,
}


def test_equal_exponents_give_a_half() -> None:
    tables = make_tables(noise=0.0, trunk_noise=0.0, **WIDE)
    rows = tables.runs.assign(flops=6.0 * tables.runs["params_total"] * tables.runs["tokens"])
    frontier = find_frontier(rows)
    assert frontier.exponent("size_optimal").value == pytest.approx(0.5, abs=0.02)
    assert frontier.exponent("tokens_optimal").value == pytest.approx(0.5, abs=0.02)
    scale = (SURFACE["A"] / SURFACE["B"]) ** (1 / 0.8)
    expected = scale * np.sqrt(frontier.points["compute"] / 6.0)
    np.testing.assert_allclose(frontier.points["size_optimal"], expected, rtol=0.05)


def test_interval_over_seeds_holds_the_exponent() -> None:
    held = 0
    for seed in range(40):
        tables = make_tables(noise=0.002, trunk_noise=0.002, rng_seed=seed, **WIDE)
        rows = tables.runs.assign(flops=6.0 * tables.runs["params_total"] * tables.runs["tokens"])
        estimate = find_frontier(rows).exponent("size_optimal")
        assert estimate.n == 3
        held += estimate.contains(0.5)
    assert held >= 34


def test_a_minimum_at_the_end_of_the_grid_is_no_minimum() -> None:
    tables = make_tables(noise=0.0, trunk_noise=0.0, widths=(16, 20, 24), rates=(0.02,))
    frontier = find_frontier(tables.runs)
    assert (frontier.points["sizes"] >= 3).all()
    bottoms = frontier.valleys.groupby(["seed", "compute"])["loss_nats"].agg(lambda v: int(np.argmin(v)))
    assert len(frontier.points) == int(((bottoms > 0) & (bottoms < 2)).sum())


def test_two_sizes_have_no_frontier() -> None:
    tables = make_tables(widths=(16, 24))
    assert find_frontier(tables.runs).points.empty
    assert not find_frontier(tables.runs).exponent("size_optimal").has_interval
