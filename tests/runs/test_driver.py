"""The driver: resume, failures, kills. Every count is of real processes."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from lab.core.registry import ROOT
from lab.runs.driver import RunFinished, StudyOutcome, name_study, run_study
from lab.runs.executor import LocalExecutor
from lab.runs.spec import RunSpec
from lab.runs.store import Store, open_store
from lab.tables import load_runs, load_tables

STUDY = "toy_sweep-any"


def set_grid(monkeypatch: pytest.MonkeyPatch, grid: list[dict]) -> None:
    monkeypatch.setenv("TOY_GRID", json.dumps(grid))


def make_grid(trunks: int, branches: int = 2, **fields: object) -> list[dict]:
    return [
        {"size": s + 1, "seed": 0, "tokens": 10 * (b + 1), **fields} for s in range(trunks) for b in range(branches)
    ]


def drive(
    store: Store, preset: str = "any", workers: int = 2, events: list | None = None, **options: float
) -> StudyOutcome:
    executor = LocalExecutor(workers, preload=("lab.runs.worker",))
    study = name_study("toy_sweep", preset)
    seen = events if events is not None else []
    outcome = run_study("toy_sweep", preset, store, executor, lambda: load_runs(store, study), seen.append, **options)
    executor.shutdown()
    return outcome


def start_driver(location: Path, workers: int = 2) -> subprocess.Popen:
    command = [sys.executable, "-m", "tests.runs.drive", str(location), str(workers)]
    return subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )


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


def test_one_worker_or_two_give_the_same_bits(toy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    set_grid(monkeypatch, make_grid(3))
    one, two = open_store(toy / "one" / "lab.db"), open_store(toy / "two" / "lab.db")
    drive(one, workers=1)
    drive(two, workers=2)
    assert hashes(one) == hashes(two)


def test_a_later_stage_sees_the_table_of_the_first(toy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    set_grid(monkeypatch, make_grid(2))
    outcome = drive(open_store(toy / "lab.db"), preset="two_stages")
    assert outcome.done == 5


@pytest.mark.parametrize(("trouble", "reason"), [("raise", "no such luck"), ("refuse", "must be even")])
def test_a_failing_run_fails_alone_with_its_reason(
    toy: Path, monkeypatch: pytest.MonkeyPatch, trouble: str, reason: str
) -> None:
    set_grid(monkeypatch, [*make_grid(2), {"size": 9, "seed": 0, "tokens": 10, "trouble": trouble}])
    store = open_store(toy / "lab.db")
    outcome = drive(store)
    assert (outcome.done, outcome.failed) == (4, 1)
    (failed,) = [run for run in store.runs(STUDY) if run.status == "failed"]
    assert reason in failed.error
    assert failed.fields["trouble"] == trouble


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


def test_a_hanging_run_is_killed_at_its_limit(toy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    set_grid(monkeypatch, [*make_grid(1), {"size": 9, "seed": 0, "tokens": 10, "trouble": "hang"}])
    outcome = drive(open_store(toy / "lab.db"), minutes=0.05)
    assert (outcome.done, outcome.failed) == (2, 1)
    assert "limit" in next(iter(outcome.failures.values()))


def test_ctrl_c_ends_within_a_second_and_loses_nothing(toy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    set_grid(monkeypatch, make_grid(4, seconds=0.4))
    process = start_driver(toy / "lab.db")
    wait_for_results(toy / "lab.db", 2)
    os.kill(process.pid, signal.SIGINT)
    began = time.monotonic()
    assert process.wait(timeout=20) == 130
    assert time.monotonic() - began < 1.5
    store = open_store(toy / "lab.db")
    statuses = {run.status for run in store.runs(STUDY)}
    assert "done" in statuses and "running" not in statuses
    kept = sum(run.status == "done" for run in store.runs(STUDY))
    outcome = drive(store)
    assert (outcome.done, outcome.reused) == (8 - kept, kept)


@pytest.mark.parametrize("kills", [50])
def test_killing_the_driver_again_and_again_loses_duplicates_and_sticks_nothing(
    toy: Path, monkeypatch: pytest.MonkeyPatch, kills: int
) -> None:
    grid = make_grid(100, branches=4, seconds=0.02)
    set_grid(monkeypatch, grid)
    calm = open_store(toy / "calm" / "lab.db")
    location, rng = toy / "lab.db", random.Random(0)
    seen: dict[str, str | None] = {}
    for _ in range(kills):
        process = start_driver(location)
        time.sleep(rng.uniform(0.05, 2.0))
        os.killpg(process.pid, signal.SIGKILL) if rng.random() < 0.5 else os.kill(process.pid, signal.SIGKILL)
        process.wait()
        if location.exists():
            try:
                finished = {k: h for k, h in hashes(open_store(location)).items() if h}
            except Exception as error:  # the very first kill may come before the study is registered
                assert "study" in str(error)
                finished = {}
            assert seen.items() <= finished.items(), "a completed run was lost or changed"
            seen = finished
    store = open_store(location)
    outcome = drive(store)
    assert outcome.reused >= len(seen)
    assert {run.status for run in store.runs(STUDY)} == {"done"}
    assert len(store.runs(STUDY)) == len(grid)
    assert not list(store.spool.glob("*.npz"))
    drive(calm)
    assert hashes(store) == hashes(calm), "killed or not, the same bits"


def test_two_drivers_at_once_do_each_run_once(toy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    set_grid(monkeypatch, make_grid(12, seconds=0.05))
    processes = [start_driver(toy / "lab.db") for _ in range(2)]
    for process in processes:
        assert process.wait(timeout=60) == 0
    assert {run.status for run in open_store(toy / "lab.db").runs(STUDY)} == {"done"}


def wait_for_results(location: Path, number: int) -> None:
    for _ in range(200):
        if location.exists():
            done = sum(study.counts.get("done", 0) for study in open_store(location).studies())
            if done >= number:
                return
        time.sleep(0.05)
    raise AssertionError("the driver stored nothing in ten seconds")


def test_specs_of_one_meaning_share_a_key(toy: Path) -> None:
    first = RunSpec("toy", {"size": 1, "seed": 0, "tokens": 10})
    same = RunSpec("toy", {"tokens": 10.0, "seed": 0, "size": 1}, stage="search")
    assert first.key == same.key
    assert first.trunk_key == RunSpec("toy", {"size": 1, "seed": 0, "tokens": 99}).trunk_key
