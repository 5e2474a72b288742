"""Kills at random moments. Every count is of real processes."""

from __future__ import annotations

import os
import random
import signal
import time
from pathlib import Path

import pytest

from lab.core.registry import open_shelf
from lab.runs.record import hash_result
from lab.runs.store import Store, open_store
from tests.runs.drive import STUDY, Drivers, drive, make_grid, set_grid, wait_for_results

KILLS = 50


def read_finished(store: Store) -> dict[str, str | None]:
    return {run.key: run.result_hash for run in store.runs(STUDY) if run.status == "done"}


def test_killing_the_driver_loses_duplicates_and_sticks_nothing(
    toy: Path, monkeypatch: pytest.MonkeyPatch, drivers: Drivers
) -> None:
    log, location, rng = toy.parent / "log", toy / "lab.db", random.Random(0)
    log.touch()
    monkeypatch.setenv("TOY_LOG", str(log))
    grid = make_grid(150, branches=4, seconds=0.03)
    set_grid(monkeypatch, grid)
    seen: dict[str, str | None] = {}
    hits = 0
    for kill in range(KILLS):
        pid, emitted = drivers.start(location), log.stat().st_size
        while kill % 2 and log.stat().st_size == emitted:  # half of the kills come before or early, half amid the runs
            time.sleep(0.01)
        time.sleep(rng.uniform(0.0, 0.5))
        os.kill(pid, signal.SIGKILL)
        assert drivers.wait(pid) == -signal.SIGKILL
        if location.exists():
            finished = read_finished(open_store(location))
            assert seen.items() <= finished.items(), "a completed run was lost or changed"
            hits += seen != finished
            seen = finished
    assert hits >= KILLS / 4, "the kills came before the work"
    assert len(seen) < len(grid), "the kills came after the work"
    store = open_store(location)
    assert not {"running"} & open_store(location).study(STUDY).counts.keys(), "nothing is stuck"
    outcome = drive(store)
    assert outcome.failed == 0
    runner = open_shelf("runners").find("toy").module
    assert {run.key: hash_result(runner.give_result(run.fields)) for run in store.runs(STUDY)} == read_finished(store)
    assert len(store.runs(STUDY)) == len(grid)
    assert outcome.done + outcome.reused == len(grid)
    assert not store.spool.exists() or not list(store.spool.glob("*.npz"))
    assert store.verify() == []


def test_what_was_emitted_is_never_run_again(toy: Path, monkeypatch: pytest.MonkeyPatch, drivers: Drivers) -> None:
    """A driver stopped dead commits nothing more; its workers go on, and what they finish is taken by the next."""
    log = toy.parent / "log"
    monkeypatch.setenv("TOY_LOG", str(log))
    set_grid(monkeypatch, make_grid(1, branches=6, seconds=0.3))
    pid = drivers.start(toy / "lab.db", workers=1)
    wait_for_results(toy / "lab.db", 1)
    os.kill(pid, signal.SIGSTOP)
    time.sleep(1.0)
    os.kill(pid, signal.SIGKILL)
    drivers.wait(pid)
    time.sleep(0.2)
    emitted = log.read_text().splitlines()
    assert len(emitted) > len(read_finished(open_store(toy / "lab.db"))), "some waited in the spool"
    drive(open_store(toy / "lab.db"))
    done = [line.split(" ", 1)[1] for line in log.read_text().splitlines()]
    assert len(done) == len(set(done)) == 6


def test_workers_die_with_their_driver(toy: Path, monkeypatch: pytest.MonkeyPatch, drivers: Drivers) -> None:
    set_grid(monkeypatch, make_grid(2) + make_grid(2, branches=1, trouble="hang"))
    pid = drivers.start(toy / "lab.db", workers=4)
    wait_for_results(toy / "lab.db", 4)
    children = find_descendants(pid)
    os.kill(pid, signal.SIGKILL)
    drivers.wait(pid)
    until = time.monotonic() + 5
    while any(Path(f"/proc/{pid}").exists() for pid in children) and time.monotonic() < until:
        time.sleep(0.05)
    assert len(children) >= 3, "the server of processes and two that hang"
    assert not [pid for pid in children if Path(f"/proc/{pid}").exists()]


def find_descendants(pid: int) -> list[int]:
    children = [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return children + [below for child in children for below in find_descendants(child)]


@pytest.mark.parametrize("moment", ["the server still imports torch", "runs are under way"])
def test_ctrl_c_ends_within_a_second_and_loses_nothing(
    toy: Path, monkeypatch: pytest.MonkeyPatch, drivers: Drivers, moment: str
) -> None:
    set_grid(monkeypatch, make_grid(4, seconds=0.4))
    if moment == "runs are under way":
        pid = drivers.start(toy / "lab.db")
        wait_for_results(toy / "lab.db", 2)
    else:
        pid = drivers.start(toy / "lab.db", preload=("torch", "lab.runs.worker"))
        while not find_descendants(pid):
            time.sleep(0.01)
    os.killpg(pid, signal.SIGINT)  # as a terminal does: to the driver and to all that share its group
    began = time.monotonic()
    assert drivers.wait(pid) == 130
    crowd = os.getloadavg()[0] / (os.cpu_count() or 1)
    assert time.monotonic() - began < max(1.0, crowd), "a second, on a machine that has one to give"
    store = open_store(toy / "lab.db")
    assert {run.status for run in store.runs(STUDY)} <= {"done", "pending"}
    kept = sum(run.status == "done" for run in store.runs(STUDY))
    outcome = drive(store)
    assert (outcome.done, outcome.reused) == (8 - kept, kept)
