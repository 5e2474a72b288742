"""How far a study is."""

from __future__ import annotations

import pandas as pd
import pytest

from dashboard.progress import describe_counts, measure_progress

NAN = float("nan")


def make_runs(*rows: tuple[str, str, float, float]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["trunk_key", "status", "flops", "cpu_seconds"])


def test_work_is_weighed_by_flops_and_a_trunk_at_work_counts_by_its_share() -> None:
    runs = make_runs(("a", "done", 1e9, 10.0), ("b", "running", 2e9, NAN), ("c", "running", 1e9, NAN))
    share, left = measure_progress(runs, {"b": 0.5})
    assert share == pytest.approx(0.5)
    assert left == pytest.approx(20.0)


def test_two_trunks_at_work_take_half_the_time() -> None:
    runs = make_runs(("a", "done", 1e9, 10.0), ("b", "running", 1e9, NAN), ("c", "running", 1e9, NAN))
    assert measure_progress(runs, {"b": 0.0, "c": 0.0})[1] == pytest.approx(10.0)


def test_a_failed_or_diverged_run_is_not_waited_for() -> None:
    runs = make_runs(("a", "failed", 1e9, NAN), ("b", "diverged", 1e9, NAN))
    assert measure_progress(runs, {}) == (1.0, None)


@pytest.mark.parametrize("rows", [(), (("a", "pending", NAN, NAN),)])
def test_nothing_ended_gives_no_time(rows: tuple[tuple[str, str, float, float], ...]) -> None:
    assert measure_progress(make_runs(*rows), {}) == (0.0, None)


def test_the_line_tells_what_is_left() -> None:
    counts = {"done": 118, "running": 2, "failed": 1}
    assert describe_counts(counts, 1, 200.0) == (
        "118 of 121 runs done, 2 to go, 1 failed, 1 trunk at work, about 3 min 20 s left"
    )
    assert describe_counts({"done": 3}, 0, None) == "3 of 3 runs done"
