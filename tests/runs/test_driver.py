"""The driver: what it runs, reuses, repeats and reports."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from lab.core.errors import InputError
from lab.core.registry import ROOT, open_shelf
from lab.runs.driver import Progress, RunFinished, clear_folders
from lab.runs.owner import identify_process
from lab.runs.record import hash_result
from lab.runs.spec import RunSpec
from lab.runs.spool import Spool
from lab.runs.store import Store, StudyRecord, open_store
from lab.tables import load_tables
from tests.runs.drive import STUDY, Drivers, drive, make_grid, set_grid


def hashes(store: Store) -> dict[str, str | None]:
    return {run.key: run.result_hash for run in store.runs(STUDY)}


def test_runs_all_then_nothing_and_keeps_results_whole(toy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    set_grid(monkeypatch, make_grid(3))
    store = open_store(toy / "lab.db")
    events: list = []
    outcome = drive(store, events=events)
    assert (outcome.done, outcome.reused, outcome.failed) == (6, 0, 0)
    assert sum(isinstance(e, RunFinished) for e in events) == 6
    again = drive(store)
    assert (again.done, again.reused) == (0, 6)
    tables = load_tables(STUDY, store)
    assert len(tables.runs) == 6 and len(tables.curves) == 30
    assert tables.runs["floor_nats"].isna().all(), "a missing number stays missing"
    assert tables.curves["train_loss_nats"].isna().all()
    assert store.array(tables.runs["run_key"][0], "cells").shape == (int(tables.runs["size"][0]),)
    assert store.verify() == []
    assert not list(store.spool.iterdir())


def test_stored_is_what_the_runner_gave(toy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    set_grid(monkeypatch, make_grid(2))
    store = open_store(toy / "lab.db")
    drive(store)
    runner = open_shelf("runners").find("toy").module
    assert {run.key: hash_result(runner.give_result(run.fields)) for run in store.runs(STUDY)} == hashes(store)


def test_one_worker_or_two_give_the_same_bits(toy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    set_grid(monkeypatch, make_grid(3))
    one, two = open_store(toy / "one" / "lab.db"), open_store(toy / "two" / "lab.db")
    drive(one, workers=1)
    drive(two, workers=2)
    assert hashes(one) == hashes(two)


def test_a_later_stage_sees_the_table_of_the_first(toy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    set_grid(monkeypatch, make_grid(2))
    store = open_store(toy / "lab.db")
    assert drive(store, preset="two_stages").done == 5
    assert sorted({run.stage for run in store.runs("toy_sweep-two_stages")}) == ["grid", "search"]


def test_a_sweep_without_end_is_refused(toy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lab.runs.driver.MOST_STAGES", 3)
    with pytest.raises(InputError, match="without end"):
        drive(open_store(toy / "lab.db"), preset="endless")


@pytest.mark.parametrize(
    ("trouble", "reason"),
    [("raise", "no such luck"), ("refuse", "must be even"), ("silent", "without a result"), ("failed", "as asked")],
)
def test_a_failing_run_fails_alone_with_its_reason_and_is_tried_again(
    toy: Path, monkeypatch: pytest.MonkeyPatch, trouble: str, reason: str
) -> None:
    set_grid(monkeypatch, [*make_grid(2), {"size": 9, "seed": 0, "tokens": 10, "trouble": trouble}])
    store = open_store(toy / "lab.db")
    for done, reused in ((4, 0), (0, 4)):
        outcome = drive(store)
        assert (outcome.done, outcome.reused, outcome.failed) == (done, reused, 1)
        (failed,) = [run for run in store.runs(STUDY) if run.status == "failed"]
        assert reason in failed.error
        assert failed.fields["trouble"] == trouble
    assert store.verify() == []


def test_a_diverged_run_is_final(toy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    set_grid(monkeypatch, [{"size": 9, "seed": 0, "tokens": 10, "trouble": "diverged"}])
    store = open_store(toy / "lab.db")
    assert drive(store).diverged == 1
    again = drive(store)
    assert (again.diverged, again.reused) == (0, 1)


def test_a_killed_worker_fails_its_run_and_the_next_call_completes_it(
    toy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deadly = {"size": 9, "seed": 0, "tokens": 10, "trouble": "die", "marker": str(toy.parent / "died")}
    set_grid(monkeypatch, [*make_grid(3), deadly])
    store = open_store(toy / "lab.db")
    outcome = drive(store)
    assert (outcome.done, outcome.failed) == (6, 1)
    assert "SIGKILL" in next(iter(outcome.failures.values()))
    again = drive(store)
    assert (again.done, again.reused, again.failed) == (1, 6, 0)


def test_what_a_killed_worker_had_finished_is_kept(toy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    marker = str(toy.parent / "died")
    trunk = [{"size": 9, "seed": 0, "tokens": t, "trouble": "die", "marker": marker} for t in (10, 20)]
    set_grid(monkeypatch, [{**trunk[0], "marker": str(toy)}, trunk[1]])
    toy.mkdir()  # the first branch finds its marker and lives
    store = open_store(toy / "lab.db")
    outcome = drive(store)
    assert (outcome.done, outcome.failed) == (1, 1)


def test_a_hanging_run_is_killed_at_its_limit(toy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    set_grid(monkeypatch, [*make_grid(1), {"size": 9, "seed": 0, "tokens": 10, "trouble": "hang"}])
    outcome = drive(open_store(toy / "lab.db"), minutes=0.05)
    assert (outcome.done, outcome.failed) == (2, 1)
    assert "limit" in next(iter(outcome.failures.values()))


def test_a_damaged_record_is_run_again(toy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    set_grid(monkeypatch, make_grid(2))
    store = open_store(toy / "lab.db")
    drive(store)
    whole = hashes(store)
    damaged = next(iter(whole))
    with store._database.writing() as connection:
        connection.exec_driver_sql(
            f"UPDATE runs SET metrics = replace(metrics, '.', '.1'), fields = 'x' WHERE key = '{damaged}'"
        )
    assert [damaged in problem for problem in store.verify()] == [True]
    outcome = drive(store)
    assert (outcome.done, outcome.reused) == (1, 3)
    assert hashes(store) == whole
    assert store.run(damaged).fields["seed"] == 0


def test_results_in_the_spool_are_taken_before_anything_is_run_again(
    toy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker of a driver that died had finished one run; another file there is damaged, a third of nobody's."""
    grid = make_grid(1, branches=3)
    set_grid(monkeypatch, grid)
    store, spool = open_store(toy / "lab.db"), Spool(toy / "spool" / "lab")
    spool.prepare()
    kept, damaged, foreign = [RunSpec("toy", fields) for fields in grid]
    result = open_shelf("runners").find("toy").module.give_result(kept.fields)
    for spec in (kept, damaged):
        spool.put(spec.key, result, {"commit": "earlier"})
    (spool.folder / f"{damaged.key}.result.npz").write_bytes(b"PK\3\4 not whole")
    spool.put("f" * 16, result, {})
    outcome = drive(store)
    assert (outcome.done, outcome.failed) == (3, 0)
    assert store.run(kept.key).provenance == {"commit": "earlier"}
    assert "machine" in store.run(damaged.key).provenance and "machine" in store.run(foreign.key).provenance
    assert spool.keys() == ["f" * 16], "what no study of this store asked for stays"
    assert list(spool.folder.glob("*.damaged"))


def test_progress_goes_to_the_end_and_shows_what_runs(toy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lab.runs.driver.SECONDS_BETWEEN_EVENTS", 0.0)
    monkeypatch.setattr("lab.runs.worker.SECONDS_BETWEEN_NOTES", 0.0)
    set_grid(monkeypatch, make_grid(2, branches=4, seconds=0.3))
    events: list = []
    drive(open_store(toy / "lab.db"), events=events)
    steps = [event for event in events if isinstance(event, Progress)]
    shares = [step.done_work / step.total_work for step in steps]
    assert shares == sorted(shares) and shares[-1] == pytest.approx(1)
    assert any(0 < share < 1 and step.running for share, step in zip(shares, steps, strict=True)), "live within a trunk"
    assert steps[-1].done_runs == steps[-1].total_runs == 8


def test_two_drivers_at_once_share_the_runs_and_do_each_once(
    toy: Path, monkeypatch: pytest.MonkeyPatch, drivers: Drivers
) -> None:
    log = toy.parent / "log"
    monkeypatch.setenv("TOY_LOG", str(log))
    set_grid(monkeypatch, make_grid(20, seconds=0.1))
    pids = [drivers.start(toy / "lab.db", workers=1) for _ in range(2)]
    assert [drivers.wait(pid) for pid in pids] == [0, 0]
    lines = [line.split(" ", 1) for line in log.read_text().splitlines()]
    assert len({run for _, run in lines}) == len(lines) == 40
    assert {run.status for run in open_store(toy / "lab.db").runs(STUDY)} == {"done"}


def test_a_run_of_another_living_driver_is_waited_for(
    toy: Path, monkeypatch: pytest.MonkeyPatch, drivers: Drivers
) -> None:
    grid = make_grid(1)
    set_grid(monkeypatch, grid)
    store, specs = open_store(toy / "lab.db"), [RunSpec("toy", fields) for fields in grid]
    store.register(StudyRecord(STUDY, "toy_sweep", "any"), specs)
    assert len(store.claim([spec.key for spec in specs], identify_process())) == 2
    pid = drivers.start(toy / "lab.db")
    time.sleep(1.0)
    assert {run.status for run in store.runs(STUDY)} == {"running"}
    store.release([spec.key for spec in specs], identify_process())
    assert drivers.wait(pid) == 0
    assert {run.status for run in store.runs(STUDY)} == {"done"}


def test_the_parent_never_imports_torch(toy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code = (
        "import os, sys; from tests.runs.drive import run_driver;"
        "run_driver(dict(os.environ), sys.argv[1], 1, ['torch', 'lab.runs.worker']); assert 'torch' not in sys.modules"
    )
    set_grid(monkeypatch, make_grid(1))
    subprocess.run([sys.executable, "-c", code, str(toy / "lab.db")], cwd=ROOT, check=True)
    assert len(open_store(toy / "lab.db").runs(STUDY)) == 2


def test_specs_of_one_meaning_share_a_key(toy: Path) -> None:
    first = RunSpec("toy", {"size": 1, "seed": 0, "tokens": 10})
    same = RunSpec("toy", {"tokens": 10.0, "seed": 0, "size": 1}, stage="search")
    assert first.key == same.key
    assert first.trunk_key == RunSpec("toy", {"size": 1, "seed": 0, "tokens": 99}).trunk_key


def test_checkpoints_of_trunks_with_nothing_left_to_run_go(toy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    grid = [*make_grid(1), *make_grid(1, trouble="raise", seed=1)]
    set_grid(monkeypatch, grid)
    store = open_store(toy / "lab.db")
    drive(store)
    done, failed = RunSpec("toy", grid[0]).trunk_key, RunSpec("toy", grid[-1]).trunk_key
    store.folders.checkpoints.mkdir(parents=True)
    for trunk in (done, failed, "f" * 16):
        (store.folders.checkpoints / f"{trunk}.pt").touch()
    clear_folders(store)
    assert [path.stem for path in store.folders.checkpoints.iterdir()] == [failed], "a failed run is tried again"
