"""Drives the toy sweep, here or in programs that a test may kill."""

from __future__ import annotations

import concurrent.futures as cf
import contextlib
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from lab.core.errors import LabError
from lab.core.registry import ROOT
from lab.runs.driver import StudyOutcome, name_study, run_study
from lab.runs.executor import LocalExecutor
from lab.runs.store import Store, open_store
from lab.tables import load_runs

STUDY = "toy_sweep-any"
LIGHT = ("lab.runs.worker",)  # without torch a server of processes starts at once


def set_grid(monkeypatch: pytest.MonkeyPatch, grid: list[dict]) -> None:
    monkeypatch.setenv("TOY_GRID", json.dumps(grid))


def make_grid(trunks: int, branches: int = 2, **fields: object) -> list[dict]:
    return [
        {"size": s + 1, "seed": 0, "tokens": 10 * (b + 1), **fields} for s in range(trunks) for b in range(branches)
    ]


def drive(
    store: Store, preset: str = "any", workers: int = 2, events: list | None = None, **options: float
) -> StudyOutcome:
    executor = LocalExecutor(workers, LIGHT)
    study = name_study("toy_sweep", preset)
    seen = events if events is not None else []
    outcome = run_study("toy_sweep", preset, store, executor, lambda: load_runs(store, study), seen.append, **options)
    executor.shutdown()
    return outcome


class Here:
    """An executor that runs its task at once, in this process."""

    slots = 1

    def submit(self, fn, *args, resources=None):  # type: ignore[no-untyped-def]
        future: cf.Future = cf.Future()
        try:
            future.set_result(fn(*args))
        except Exception as error:
            future.set_exception(error)
        return future

    def shutdown(self, cancel: bool = False) -> None:
        """Nothing to end."""


class Drivers:
    """Programs that drive, forked from one that has imported everything, so that a kill hits work and no import."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", "tests.runs.drive"]
        self.server = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def start(self, location: Path, workers: int = 2, preload: tuple[str, ...] = LIGHT) -> int:
        """The process id of a new driver, which leads a process group of its own."""
        return int(self._ask("start", os.environ.copy(), str(location), workers, preload))

    def wait(self, pid: int) -> int:
        """The exit code, negative for a signal; returns when the process is gone."""
        return int(self._ask("wait", pid))

    def close(self) -> None:
        """Ends the server."""
        self.server.communicate()

    def _ask(self, *words: object) -> str:
        assert self.server.stdin is not None and self.server.stdout is not None
        print(json.dumps(words), file=self.server.stdin, flush=True)
        return self.server.stdout.readline()


def wait_for_results(location: Path, number: int) -> None:
    for _ in range(400):
        with contextlib.suppress(LabError):  # until the store is made
            if open_store(location, read_only=True).study(STUDY).counts.get("done", 0) >= number:
                return
        time.sleep(0.05)
    raise AssertionError("the driver stored nothing in twenty seconds")


def serve() -> None:
    for line in sys.stdin:
        command, *arguments = json.loads(line)
        if command == "wait":
            print(os.waitstatus_to_exitcode(os.waitpid(arguments[0], 0)[1]), flush=True)
        elif pid := os.fork():
            print(pid, flush=True)
        else:
            os.setsid()
            sys.stdin.close()
            os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
            os._exit(run_driver(*arguments))


def run_driver(environment: dict[str, str], location: str, workers: int, preload: list[str]) -> int:
    os.environ.update(environment)
    store, executor = open_store(location), LocalExecutor(workers, tuple(preload))
    try:
        run_study("toy_sweep", "any", store, executor, lambda: load_runs(store, STUDY))
    except KeyboardInterrupt:
        return 130
    executor.shutdown()
    return 0


if __name__ == "__main__":
    serve()
