"""Drives a study to its end: asks the sweep what it wants, runs what is missing, stores what comes.

Resuming is nothing special: a study always runs exactly the runs that have not ended: done, diverged or stopped.
"""

from __future__ import annotations

import concurrent.futures as cf
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from lab.core.errors import InputError
from lab.core.registry import open_shelf
from lab.runs.checkpoint import SUFFIX
from lab.runs.executor import Executor, Resources, TaskFailedError
from lab.runs.jobs import Job, list_jobs, measure_throughput
from lab.runs.owner import Owner, identify_process
from lab.runs.provenance import collect_provenance, read_commit
from lab.runs.spec import RunSpec
from lab.runs.spool import Spool
from lab.runs.store import Store
from lab.runs.stored import FINAL, StudyRecord
from lab.runs.worker import run_trunk

POLL_SECONDS = 0.2
SECONDS_BETWEEN_EVENTS = 1.0
MOST_STAGES = 100
RUN_MINUTES = 240.0  # limit of a trunk, wall clock, unless the caller says otherwise
PATIENCE = 1.2  # of that limit: then what has not stopped by itself is killed


@dataclass(frozen=True)
class RunFinished:
    """A run was stored, or failed with its reason."""

    key: str
    status: str
    columns: Mapping[str, Any]
    metrics: Mapping[str, Any]
    error: str = ""


@dataclass(frozen=True)
class Progress:
    """How far the stage is: work in CPU seconds as estimated, runs, and the time left as extrapolated."""

    done_work: float
    total_work: float
    done_runs: int
    total_runs: int
    eta_seconds: float | None
    running: tuple[str, ...]


@dataclass
class StudyOutcome:
    """What a call of `run_study` did: runs by what became of them; `reused` were there before."""

    done: int = 0
    failed: int = 0
    diverged: int = 0
    stopped: int = 0
    reused: int = 0
    seconds: float = 0.0
    failures: dict[str, str] = field(default_factory=dict)


Event = RunFinished | Progress


def name_study(sweep: str, preset: str) -> str:
    """The name under which a sweep at a preset is stored."""
    return f"{sweep}-{preset}"


def run_study(
    sweep: str,
    preset: str,
    store: Store,
    executor: Executor,
    read_table: Callable[[], pd.DataFrame],
    on_event: Callable[[Event], None] = lambda event: None,
    minutes: float = RUN_MINUTES,
) -> StudyOutcome:
    """Runs what the sweep still lacks at this preset, stage after stage, until it asks for nothing new.

    `read_table` gives the study's runs so far (`Tables.runs`). A run that fails is not tried again in this call; the
    others go on. A trunk that takes more than `minutes` has failed too; where it keeps checkpoints, the next call goes
    on from there. On KeyboardInterrupt the workers are killed, the claims given back and the interrupt passed on.
    """
    study = StudyRecord(name_study(sweep, preset), sweep, preset)
    module = open_shelf("sweeps").load(sweep)
    drive = _Drive(store, executor, on_event, minutes)
    drive.spool.prepare()
    clear_folders(store)
    with drive.owner.hold_lock(drive.spool.folder):
        try:
            for _ in range(MOST_STAGES):
                fresh = {spec.key: spec for spec in module.specs(preset, read_table()) if spec.key not in drive.wanted}
                if not fresh:
                    return drive.sum_up()
                store.register(study, list(fresh.values()))
                drive.run_stage(fresh)
            raise InputError(f"sweep {sweep}", MOST_STAGES, "asks for new runs without end", "its specs must settle")
        except BaseException:
            executor.shutdown(cancel=True)
            drive.collect()
            raise
        finally:
            store.release(drive.held, drive.owner)


def clear_folders(store: Store) -> None:
    """Removes what killed workers left half written, and the checkpoints of trunks that have nothing left to run."""
    store.folders.clear_abandoned()
    checkpoints = {path.stem: path for path in store.folders.checkpoints.glob(f"[!.]*{SUFFIX}")}
    for trunk_key in checkpoints.keys() - store.find_open_trunks(checkpoints):
        checkpoints[trunk_key].unlink(missing_ok=True)


class _Drive:
    """One driver at work on one study; several may be at work on it at once."""

    def __init__(self, store: Store, executor: Executor, on_event: Callable[[Event], None], minutes: float) -> None:
        self.store, self.executor, self.on_event, self.minutes = store, executor, on_event, minutes
        self.owner: Owner = identify_process()
        self.spool = Spool(store.spool)
        self.began = time.monotonic()
        self.wanted: dict[str, RunSpec] = {}
        self.held: set[str] = set()
        self.finished: dict[str, str] = {}  # here, by key: the status
        self.failures: dict[str, str] = {}
        self.at_work: dict[cf.Future[Any], Job] = {}
        self.monitor = _Monitor(self.spool, on_event)

    def run_stage(self, specs: Mapping[str, RunSpec]) -> None:
        """Returns when every run of `specs` has ended, or has failed here."""
        self.wanted.update(specs)
        self.collect()
        ended = [key for key, status in self.store.statuses(specs).items() if status in FINAL]
        missing = [spec for key, spec in specs.items() if key not in {*ended, *self.finished}]
        waiting = deque(list_jobs(missing, measure_throughput(self.store)))
        self.monitor.add(waiting)
        while waiting or self.at_work:
            self._start_jobs(waiting)
            if self.at_work:
                cf.wait(self.at_work, timeout=POLL_SECONDS, return_when=cf.FIRST_COMPLETED)
            else:
                time.sleep(POLL_SECONDS)  # another driver has them: done means that all requested keys are done
            ended_futures = [future for future in self.at_work if future.done()]
            self.collect()
            for future in ended_futures:
                self._settle(self.at_work.pop(future), future)
            self.monitor.show(job.trunk_key for future, job in self.at_work.items() if future.running())

    def collect(self) -> None:
        """Takes what waits in the spool into the store: also what was finished for a driver that died."""
        spooled = self.spool.keys()
        # A key that the store does not know stays: its study may yet be registered.
        for key, status in self.store.statuses(spooled).items() if spooled else ():
            if status not in FINAL:
                result = self.spool.read(key)
                if result is None:  # damaged, and set aside: it is run again
                    continue
                if key not in self.held and not self.store.claim([key], self.owner):
                    continue  # another living driver's
                self.store.complete(key, self.owner, result.result, result.provenance)
                self.held.discard(key)
                self._report(key)
            self.spool.drop(key)

    def _start_jobs(self, waiting: deque[Job]) -> None:
        """Claims and submits jobs while the executor has a slot; what others have claimed stays waiting."""
        free = self.executor.slots - len(self.at_work)
        statuses = self.store.statuses(key for job in waiting for key in job.keys) if free > 0 else {}
        for _ in range(len(waiting) if free > 0 else 0):
            job = waiting.popleft()
            open_keys = [k for k in job.keys if statuses[k] not in FINAL and k not in self.finished]
            claimable = [key for key in open_keys if statuses[key] != "running"]
            taken = set(self.store.claim(claimable, self.owner)) if claimable and free > 0 else set()
            if taken:
                self.held |= taken
                self._submit(job.only(taken))
                free -= 1
            if left := [key for key in open_keys if key not in taken]:
                waiting.append(job.only(left))
            elif not taken:
                self.monitor.end(job)

    def _submit(self, job: Job) -> None:
        future = self.executor.submit(
            run_trunk,
            job.specs[0].runner,
            [dict(spec.fields) for spec in job.specs],
            self.store.folders,
            read_commit(),
            60 * self.minutes,
            resources=Resources(minutes=PATIENCE * self.minutes),
        )
        self.at_work[future] = job

    def _settle(self, job: Job, future: cf.Future[Any]) -> None:
        """After a trunk's process ended: what it did not finish has failed, for the reason it gave."""
        error = future.exception()
        reason = str(error) if error else "the runner ended without a result for this run"
        if share := self.spool.read_progress().get(job.trunk_key):
            reason = f"{reason} It had done {share:.0%} of its trunk."
        if isinstance(error, TaskFailedError):
            reason = f"{reason}\n{error.details}"
        for key in job.keys:
            if key in self.held:
                self.store.fail(key, self.owner, reason, collect_provenance())
                self.held.discard(key)
                self._report(key)
        self.spool.clear_progress(job.trunk_key)
        self.monitor.end(job)

    def _report(self, key: str) -> None:
        run = self.store.run(key)
        self.finished[key] = run.status
        if run.status == "failed":
            self.failures[key] = run.error
        self.on_event(RunFinished(key, run.status, run.columns, run.metrics, run.error))

    def sum_up(self) -> StudyOutcome:
        """What was done here, of what was wanted."""
        counts = [status for key, status in self.finished.items() if key in self.wanted]
        return StudyOutcome(
            counts.count("done"),
            counts.count("failed"),
            counts.count("diverged"),
            counts.count("stopped"),
            len(self.wanted) - len(counts),
            time.monotonic() - self.began,
            self.failures,
        )


class _Monitor:
    """Progress of the jobs known so far, in estimated CPU seconds."""

    def __init__(self, spool: Spool, on_event: Callable[[Event], None]) -> None:
        self.spool, self.on_event = spool, on_event
        self.work: dict[str, float] = {}
        self.runs: dict[str, int] = {}
        self.shares: dict[str, float] = {}  # of each trunk's work, what is done
        self.ended: set[str] = set()
        self.began = time.monotonic()
        self.shown = 0.0

    def add(self, jobs: Iterable[Job]) -> None:
        """More to do: a new stage."""
        for job in jobs:
            self.work[job.trunk_key] = self.work.get(job.trunk_key, 0.0) + job.cost.cpu_seconds
            self.runs[job.trunk_key] = self.runs.get(job.trunk_key, 0) + len(job.specs)
            self.ended.discard(job.trunk_key)
            self.shares[job.trunk_key] = 0.0

    def end(self, job: Job) -> None:
        """A trunk's process ended, here or elsewhere."""
        self.ended.add(job.trunk_key)
        if len(self.ended) == len(self.work):
            self.shown = 0.0

    def show(self, running: Iterable[str]) -> None:
        """Sends a `Progress`, at most one a second."""
        if time.monotonic() - self.shown < SECONDS_BETWEEN_EVENTS:
            return
        self.shown = time.monotonic()
        told = {**self.spool.read_progress(), **dict.fromkeys(self.ended, 1.0)}
        for trunk in self.work.keys() & told.keys():
            self.shares[trunk] = min(1.0, max(self.shares[trunk], told[trunk]))
        total = sum(self.work.values())
        done = sum(work * self.shares[trunk] for trunk, work in self.work.items())
        spent = self.shown - self.began
        eta = spent / done * (total - done) if done > 0 and spent > 1 else None
        done_runs = sum(self.runs[trunk] for trunk in self.ended)
        self.on_event(Progress(done, total, done_runs, sum(self.runs.values()), eta, tuple(running)))
