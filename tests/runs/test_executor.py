"""The local executor: one process a task, and what becomes of those that misbehave."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import CancelledError
from pathlib import Path

import pytest

from lab.core.errors import InputError, LabError, TimeLimitError
from lab.core.registry import ROOT
from lab.runs.executor import LocalExecutor, Resources, TaskFailedError, WorkerDiedError
from tests.runs.drive import LIGHT


class StubbornError(Exception):
    def __reduce__(self) -> str:
        raise TypeError("cannot be pickled")


def add(left: int, right: int) -> int:
    return left + right


def read_variable(name: str) -> str | None:
    return os.environ.get(name)


def refuse() -> None:
    raise InputError("toy", 3, "must be even", "give another")


def fail() -> None:
    raise ValueError("no such luck")


def give_lambda() -> object:
    return lambda: None


def crash(kind: int) -> None:
    os.kill(os.getpid(), kind)


def leave(code: int) -> None:
    os._exit(code)


def run_out_of_memory() -> None:
    import resource

    resource.setrlimit(resource.RLIMIT_AS, (2**29, 2**29))
    bytearray(2**31)


def hang_with_child(path: str) -> None:
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    Path(path).write_text(str(child.pid))
    time.sleep(600)


@pytest.fixture
def executor() -> Iterator[LocalExecutor]:
    made = LocalExecutor(2, LIGHT)
    yield made
    made.shutdown(cancel=True)


def is_running(pid: int) -> bool:
    stat = Path(f"/proc/{pid}/stat")
    return stat.exists() and stat.read_text().rpartition(")")[2].split()[0] != "Z"


def test_a_task_gives_its_value(executor: LocalExecutor) -> None:
    assert [f.result(60) for f in [executor.submit(add, i, i) for i in range(5)]] == [0, 2, 4, 6, 8]


def test_a_task_has_one_thread_and_the_environment_of_now(
    executor: LocalExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    executor.submit(add, 1, 1).result(60)
    monkeypatch.setenv("LAB_PATH", "/set/after/the/server/started")
    assert executor.submit(read_variable, "LAB_PATH").result(60) == "/set/after/the/server/started"
    assert executor.submit(read_variable, "OMP_NUM_THREADS").result(60) == "1"


def test_an_error_comes_back_as_it_was(executor: LocalExecutor) -> None:
    with pytest.raises(InputError, match="must be even"):
        executor.submit(refuse).result(60)
    with pytest.raises(TaskFailedError, match="no such luck") as caught:
        executor.submit(fail).result(60)
    assert "in fail" in caught.value.details
    with pytest.raises(TaskFailedError, match=r"lambda|pickle"):
        executor.submit(give_lambda).result(60)


@pytest.mark.parametrize(
    ("task", "argument", "reason"),
    [(crash, signal.SIGKILL, "SIGKILL"), (crash, signal.SIGSEGV, "SIGSEGV"), (leave, 3, "exit code 3")],
)
def test_a_process_that_dies_costs_its_task_alone(
    executor: LocalExecutor, task: object, argument: int, reason: str
) -> None:
    neighbour = executor.submit(time.sleep, 0.3)
    with pytest.raises(WorkerDiedError, match=reason):
        executor.submit(task, argument).result(60)  # type: ignore[arg-type]
    assert neighbour.result(60) is None
    assert executor.submit(add, 1, 1).result(60) == 2


def test_want_of_memory_is_the_reason_given(executor: LocalExecutor) -> None:
    with pytest.raises(TaskFailedError, match="MemoryError"):
        executor.submit(run_out_of_memory).result(60)


def test_the_time_limit_kills_the_process_and_its_children(executor: LocalExecutor, tmp_path: Path) -> None:
    with pytest.raises(TimeLimitError, match="limit"):
        executor.submit(hang_with_child, str(tmp_path / "pid"), resources=Resources(minutes=3 / 60)).result(60)
    until = time.monotonic() + 10
    while is_running(int((tmp_path / "pid").read_text())) and time.monotonic() < until:
        time.sleep(0.02)
    assert not is_running(int((tmp_path / "pid").read_text()))


def test_cancelling_kills_what_runs_and_drops_what_waits(executor: LocalExecutor) -> None:
    futures = [executor.submit(time.sleep, 600) for _ in range(4)]
    while not all(future.running() for future in futures[:2]):
        time.sleep(0.01)
    time.sleep(0.2)
    executor.shutdown(cancel=True)
    for future in futures:
        with pytest.raises((WorkerDiedError, CancelledError)):
            future.result(10)
    with pytest.raises(LabError, match="shut down"):
        executor.submit(add, 1, 1)


def test_shutting_down_waits_for_what_was_submitted() -> None:
    executor = LocalExecutor(1, LIGHT)
    futures = [executor.submit(add, i, 1) for i in range(3)]
    executor.shutdown()
    assert [future.result(0) for future in futures] == [1, 2, 3]


def test_a_script_that_cannot_be_imported_again_starts_workers_all_the_same(tmp_path: Path) -> None:
    """A notebook's or a dashboard's main module exists only once; so does a script without a guard."""
    script = tmp_path / "script.py"
    script.write_text(
        "from lab.runs.executor import LocalExecutor\n"
        "import os, sys\n"
        "if os.path.exists(sys.argv[1]): raise SystemExit('imported a second time')\n"
        "open(sys.argv[1], 'w').close()\n"
        "executor = LocalExecutor(1)\n"
        "print(executor.submit(os.path.basename, '/a/b').result())\n"
        "executor.shutdown()\n"
    )
    done = subprocess.run(
        [sys.executable, str(script), str(tmp_path / "marker")],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.stdout == "b\n", done.stderr
