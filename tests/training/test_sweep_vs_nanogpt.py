"""The arithmetic of the speed benchmark, on made-up rows: what is compared, what it costs, what is not run twice."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.ladders import Row, shift_ladder
from benchmarks.sweep_vs_nanogpt import Grid, Ledger, compare, count_searches, search_rate

SHAPE = (2, 32)
GRID = Grid(shapes=(SHAPE,), horizons=3, longest_shift=4, tuned_at=1, steps=64)


def make_peer(factor: float = 1.0) -> list[Row]:
    """Losses that fall as 1 / √tokens; a CPU-second a step of √2 more tokens."""
    return [{"horizon": 2**k, "loss": factor * 2 ** (-k / 2), "cpu": 4.0} for k in range(4, 7)]


def make_ladder() -> list[Row]:
    return [
        {"horizon": 2**k, "loss": 2 ** (-k / 2), "trunk_cpu": 0.8 * 2**k, "cooldown_cpu": 0.2 * 2**k} for k in range(7)
    ]


def test_the_ladder_moves_as_far_as_every_loss_allows() -> None:
    assert shift_ladder(SHAPE, make_peer(), make_ladder(), most=9).shift == 0
    found = shift_ladder(SHAPE, make_peer(factor=2.9), make_ladder(), most=9)
    assert (found.shift, found.bound, found.dominated) == (3, False, 3)
    assert [row["horizon"] for row in found.ours] == [2, 4, 8]
    assert found.cpu == (12.0, pytest.approx(0.8 * 8 + 0.2 * 14))
    assert shift_ladder(SHAPE, make_peer(factor=99.0), make_ladder(), most=9).bound


def test_one_point_that_is_worse_holds_the_ladder_back() -> None:
    peer = make_peer(factor=2.9)
    peer[1]["loss"] = 0.1
    found = shift_ladder(SHAPE, peer, make_ladder(), most=9)
    assert (found.shift, found.dominated) == (0, 2)


def fill(ledger: Ledger) -> None:
    ladder = GRID.list_ladder()
    for rate, factor in ((0.004, 3.0), (0.008, 2.0), (0.001, 8.0)):
        for horizon in GRID.list_horizons() if factor != 3.0 else GRID.list_horizons()[1:2]:
            row = {"side": "peer", "shape": [2, 32], "rate": rate, "horizon": horizon}
            ledger.append([{**row, "loss": factor / horizon**0.5, "cpu": horizon / 1e3}])
    for rate, last in ((0.02, ladder[-1]), (0.02, ladder[3]), (0.04, ladder[3])):
        rows = [
            {"side": "lab", "shape": [2, 32], "rate": rate, "trunk": last, "horizon": h} for h in ladder if h <= last
        ]
        costs = {"trunk_cpu": 1.0, "cooldown_cpu": 1.0, "cpu": 2.0}
        ledger.append(
            [{**row, **costs, "loss": 1 / row["horizon"] ** 0.5} for row in rows[-1 if last < ladder[-1] else 0 :]]
        )


def test_the_best_rate_and_the_usual_one_are_compared_apart(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    fill(ledger)
    (tuned,) = compare(GRID, ledger, usual=False, most=4)
    (usual,) = compare(GRID, ledger, usual=True, most=4)
    assert {row["rate"] for row in tuned.peer} == {0.008}
    assert {row["rate"] for row in usual.peer} == {0.001}
    assert (tuned.shift, usual.shift, usual.bound) == (3, 4, True)
    assert count_searches(GRID, ledger, SHAPE) == (GRID.list_horizons()[1] / 1e3, 4.0)


def test_a_torn_line_is_dropped_and_the_others_stay(tmp_path: Path) -> None:
    fill(Ledger(tmp_path))
    path = tmp_path / "runs.jsonl"
    whole = path.read_text()
    path.write_text(whole + '{"side": "peer", "sha')
    again = Ledger(tmp_path)
    assert path.read_text() == whole
    assert again.rows == [json.loads(line) for line in whole.splitlines()]


def test_the_rate_is_searched_beyond_an_edge() -> None:
    tried: list[float] = []

    def measure(rate: float) -> float:
        tried.append(rate)
        return (rate - 0.03) ** 2

    assert search_rate((0.004, 0.008), measure) == 0.032
    assert tried == [0.004, 0.008, 0.016, 0.032, 0.064]
