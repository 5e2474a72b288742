"""The seam between what is to be done and where: `submit(fn, *args, resources)` gives a `concurrent.futures.Future`.

The local engine starts one process per task: a crash, a leak or a `kill -9` then costs one task and no neighbour, which
a process pool does not offer. Processes are forked from a server that has already imported torch, so a task starts in
hundredths of a second while the parent never loads it.
"""

from __future__ import annotations

import concurrent.futures as cf
import contextlib
import multiprocessing as mp
import os
import queue
import signal
import sys
import threading
import time
import traceback
import types
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from multiprocessing import forkserver
from multiprocessing.connection import Connection, wait
from typing import Any, Protocol

from lab.core.errors import LabError, TimeLimitError

PRELOADED = ("torch", "torch._dynamo", "lab.runs.worker")  # the second comes with any optimizer, in a second
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
_MAIN_MODULE = threading.Lock()
PATIENCE_SECONDS = 0.3  # of a cancelled shutdown, for threads that still start a process


@dataclass(frozen=True)
class Resources:
    """What a task may use; `minutes` is a hard limit."""

    cpus: int = 1
    gpus: float = 0
    minutes: float = 60


class Executor(Protocol):
    """Where tasks run. The function is importable by name, its arguments and result can be pickled.

    `slots` is how many tasks are worth having in flight at once.
    """

    slots: int

    def submit(self, fn: Callable[..., Any], *args: Any, resources: Resources = ...) -> cf.Future[Any]:
        """Starts or queues `fn(*args)`."""

    def shutdown(self, cancel: bool = False) -> None:
        """Ends; with `cancel` at once, killing what runs."""


class WorkerDiedError(LabError):
    """A worker process ended without an answer."""


class TaskFailedError(LabError):
    """The task raised; `received` is its error and `details` the worker's traceback."""

    details: str = ""


class LocalExecutor:
    """`workers` processes at a time on this machine, tasks in the order they were submitted.

    `preload` are the modules that the server of processes imports once; the parent imports none of them.
    """

    def __init__(self, workers: int, preload: tuple[str, ...] = PRELOADED) -> None:
        workers = max(1, workers)
        self.slots = workers + 1  # one lies ready, so that no worker waits for its driver
        self._tasks: queue.SimpleQueue[_Task | None] = queue.SimpleQueue()
        self._closed, self._cancelled = threading.Event(), threading.Event()
        self._running: set[int] = set()
        self._lock = threading.Lock()
        self._context = _open_context(preload)
        self._threads = [threading.Thread(target=self._serve, daemon=True) for _ in range(workers)]
        for thread in self._threads:
            thread.start()

    def submit(self, fn: Callable[..., Any], *args: Any, resources: Resources = Resources()) -> cf.Future[Any]:
        """Queues `fn(*args)` for the next free worker."""
        if self._closed.is_set():
            raise LabError("executor", None, "is shut down and takes no more tasks", "make another")
        _start_server(self._context)
        task = _Task(fn, args, resources, cf.Future())
        self._tasks.put(task)
        return task.future

    def shutdown(self, cancel: bool = False) -> None:
        """Ends when the queue is empty; with `cancel` at once: running process groups are killed, the rest dropped."""
        self._closed.set()
        if cancel:
            self._cancelled.set()
            with self._lock:
                for pid in self._running:
                    _kill_group(pid)
        for _ in self._threads:
            self._tasks.put(None)
        # A thread may be waiting for the server to import torch; its process is killed as soon as it has a pid.
        until = time.monotonic() + PATIENCE_SECONDS
        for thread in self._threads:
            thread.join(max(0.0, until - time.monotonic()) if cancel else None)

    def _serve(self) -> None:
        while (task := self._tasks.get()) is not None:
            if self._cancelled.is_set():
                task.future.cancel()
            elif task.future.set_running_or_notify_cancel():
                try:
                    task.future.set_result(self._run(task))
                except BaseException as error:  # whatever it is, it belongs to whoever waits for the future
                    task.future.set_exception(error)

    def _run(self, task: _Task) -> Any:
        receiver, sender = self._context.Pipe(duplex=False)
        environment = {**os.environ, **ONE_THREAD}
        process = self._context.Process(target=_answer, args=(sender, environment, task.fn, task.args), daemon=True)
        with _hide_main_module():
            process.start()
        sender.close()
        assert process.pid is not None
        with self._lock:
            self._running.add(process.pid)
            if self._cancelled.is_set():
                _kill_group(process.pid)
        try:
            return self._await(task, process, receiver)
        finally:
            with self._lock:
                self._running.discard(process.pid)
            receiver.close()
            process.join()

    def _await(self, task: _Task, process: Any, receiver: Connection) -> Any:
        if not wait([receiver, process.sentinel], timeout=task.resources.minutes * 60):
            _kill_group(process.pid)
            raise TimeLimitError(
                "run", None, f"killed at its limit of {task.resources.minutes:g} minutes", "give it more"
            )
        try:
            succeeded, answer, details = receiver.recv()
        except (EOFError, OSError):
            process.join()
            raise WorkerDiedError(
                "worker", None, f"died: {_explain_exit(process.exitcode)}", "run the same command again"
            ) from None
        if succeeded:
            return answer
        if isinstance(answer, LabError):
            raise answer
        failure = TaskFailedError("run", answer, "the worker raised this", "see the run's page for the traceback")
        failure.details = details
        raise failure


@dataclass(frozen=True)
class _Task:
    fn: Callable[..., Any]
    args: tuple[Any, ...]
    resources: Resources
    future: cf.Future[Any]


@contextlib.contextmanager
def _hide_main_module() -> Iterator[None]:
    """Keeps a starting worker from importing the caller's script again.

    Tasks are importable by name and need no `__main__`; a notebook, a dashboard or a script without a guard would run a
    second time in every worker, or not import there at all.
    """
    with _MAIN_MODULE:
        main = sys.modules["__main__"]
        sys.modules["__main__"] = types.ModuleType("__main__")
        try:
            yield
        finally:
            sys.modules["__main__"] = main


def _open_context(preload: tuple[str, ...]) -> Any:
    if "forkserver" not in mp.get_all_start_methods():
        return mp.get_context("spawn")
    context = mp.get_context("forkserver")
    context.set_forkserver_preload(list(preload))
    return context


def _start_server(context: Any) -> None:
    """Starts the server of processes if none runs: one thread for its libraries, deaf to the terminal's Ctrl-C."""
    if context.get_start_method() == "forkserver":
        with _one_thread(), _without_interrupts():
            forkserver.ensure_running()


@contextlib.contextmanager
def _one_thread() -> Iterator[None]:
    before = {name: os.environ.get(name) for name in ONE_THREAD}
    os.environ.update(ONE_THREAD)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


@contextlib.contextmanager
def _without_interrupts() -> Iterator[None]:
    """Children started meanwhile are deaf to SIGINT; one that comes meanwhile is not lost but delivered at the end."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _answer(sender: Connection, environment: dict[str, str], fn: Callable[..., Any], args: tuple[Any, ...]) -> None:
    """The life of a worker: its own process group, one thread, the driver's environment, no longer than its driver."""
    if hasattr(os, "setsid"):
        os.setsid()
    # The server's environment is that of the moment it started; LAB_PATH may have changed since.
    os.environ.clear()
    os.environ.update(environment)
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(1)
    threading.Thread(target=_follow_driver, daemon=True).start()
    try:
        message = (True, fn(*args), "")
    except LabError as error:
        message = (False, error, traceback.format_exc())
    except Exception as error:
        message = (False, f"{type(error).__name__}: {error}", traceback.format_exc())
    with contextlib.suppress(BrokenPipeError):  # the driver is gone; what was finished is in the spool
        try:
            sender.send(message)
        except Exception as error:  # what cannot be pickled still has its words
            sender.send((False, f"{type(error).__name__}: {error}", message[2]))


def _follow_driver() -> None:
    driver = mp.parent_process()
    if driver is not None:
        wait([driver.sentinel])
        _kill_group(os.getpid())


def _kill_group(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if hasattr(os, "killpg") and os.getpgid(pid) == pid:
            os.killpg(pid, signal.SIGKILL)
        else:
            os.kill(pid, signal.SIGTERM if sys.platform == "win32" else signal.SIGKILL)


def _explain_exit(code: int | None) -> str:
    if code is not None and code < 0:
        name = signal.Signals(-code).name
        return f"signal {-code} ({name})" + (", often the kernel for want of memory" if name == "SIGKILL" else "")
    return f"exit code {code}"
