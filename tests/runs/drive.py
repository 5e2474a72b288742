"""Drives the toy sweep as a program that a test can kill: `python -m tests.runs.drive STORE WORKERS`."""

from __future__ import annotations

import sys

from lab.runs.driver import name_study, run_study
from lab.runs.executor import LocalExecutor
from lab.runs.store import open_store
from lab.tables import load_runs


def main() -> None:
    location, workers = sys.argv[1], int(sys.argv[2])
    store, study = open_store(location), name_study("toy_sweep", "any")
    executor = LocalExecutor(workers, preload=("lab.runs.worker",))  # without torch it starts at once
    try:
        run_study("toy_sweep", "any", store, executor, lambda: load_runs(store, study), print)
    except KeyboardInterrupt:
        sys.exit(130)
    executor.shutdown()


if __name__ == "__main__":
    main()
