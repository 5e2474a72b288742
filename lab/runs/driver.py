"""Drives a study to its end: asks the sweep what it wants, runs what is missing, stores what comes.

Resuming is nothing special: a study always runs exactly the runs that are neither done nor diverged.
"""

from __future__ import annotations

import concurrent.futures as cf
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from lab.core.errors import InputError
from lab.core.registry import open_shelf
from lab.runs.executor import Executor, Resources, TaskFailedError
from lab.runs.owner import Owner, identify_process
from lab.runs.plan import estimate_throughput
from lab.runs.spec import RunSpec
from lab.runs.spool import Spool
from lab.runs.store import FINAL, Store, StudyRecord
from lab.runs.worker import run_trunk

POLL_SECONDS = 0.2
SECONDS_BETWEEN_EVENTS = 1.0
MOST_STAGES = 100
RUN_MINUTES = 240.0  # hard limit of a trunk unless the caller says otherwise


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
    others go on. On KeyboardInterrupt the workers are killed, the claims given back and the interrupt passed on.
    """
    study = StudyRecord(name_study(sweep, preset), sweep, preset)
    drive = _Drive(study, store, executor, on_event, minutes)
    module = open_shelf("sweeps").load(sweep)
    began = time.monotonic()
    try:
        table, previous = _read_if_known(store, study, read_table), -1
        for _ in range(MOST_STAGES):
            specs = {spec.key: spec for spec in module.specs(preset, table)}
            store.register(study, list(specs.values()))
            if not drive.run_stage(specs) and len(specs) == previous:
                break
            previous, table = len(specs), read_table()
        else:
            raise InputError(f"sweep {sweep}", MOST_STAGES, "asks for new runs without end", "its specs must settle")
    except BaseException:
        executor.shutdown(cancel=True)
        drive.collect()
        raise
    finally:
        store.release(drive.held, drive.owner)
        drive.outcome.seconds = time.monotonic() - began
    return drive.outcome


def _read_if_known(store: Store, study: StudyRecord, read_table: Callable[[], pd.DataFrame]) -> pd.DataFrame:
    if study.name in {known.name for known in store.studies()}:
        return read_table()
    return pd.DataFrame()


class _Drive:
    """One driver at work on one study."""

    def __init__(
        self, study: StudyRecord, store: Store, executor: Executor, on_event: Callable[[Event], None], minutes: float
    ) -> None:
        self.study, self.store, self.executor, self.on_event, self.minutes = study, store, executor, on_event, minutes
        self.owner: Owner = identify_process()
        self.spool = Spool(store.spool)
        self.outcome = StudyOutcome()
        self.held: set[str] = set()
        self.attempted: set[str] = set()
        self.counted: set[str] = set()

    def run_stage(self, specs: Mapping[str, RunSpec]) -> bool:
        """Runs what is missing of `specs`; False when there was nothing to do."""
        self.collect()
        status = self.store.statuses(specs)
        missing = [key for key in specs if status[key] not in FINAL and key not in self.attempted]
        ready = [key for key in specs if status[key] in FINAL and key not in self.counted]
        self.outcome.reused += len(ready)
        self.counted.update(ready)
        if not missing:
            return False
        while missing:
            taken = self.store.claim(missing, self.owner)
            if taken:
                self.held.update(taken)
                self.attempted.update(taken)
                self._run_jobs([specs[key] for key in taken])
            # What another living driver holds is waited for: done means that all requested keys are done.
            status = self.store.statuses(missing)
            missing = [key for key in missing if status[key] not in FINAL and key not in self.attempted]
            if missing and not taken:
                time.sleep(SECONDS_BETWEEN_EVENTS)
        return True

    def collect(self) -> None:
        """Takes what waits in the spool into the store: also what was finished for a driver that died."""
        for spooled in self.spool.take():
            status = self.store.statuses([spooled.key]).get(spooled.key)
            if status is None or (status not in FINAL and not self.store.claim([spooled.key], self.owner)):
                continue  # no study asked for it yet, or it is another living driver's
            stored = self.store.complete(spooled.key, self.owner, spooled.result, spooled.provenance)
            self.spool.drop(spooled.key)
            self.held.discard(spooled.key)
            if stored:
                self._report(spooled.key)

    def _run_jobs(self, specs: Sequence[RunSpec]) -> None:
        trunks: dict[str, list[RunSpec]] = defaultdict(list)
        for spec in specs:
            trunks[spec.trunk_key].append(spec)
        throughput, _ = estimate_throughput(self.store)
        jobs = [_Job(trunk, runs, runs[0].estimate(runs, throughput).cpu_seconds) for trunk, runs in trunks.items()]
        jobs.sort(key=lambda job: -job.work)  # longest first: the last to finish is then a short one
        futures = {
            self.executor.submit(
                run_trunk,
                job.specs[0].runner,
                [dict(spec.fields) for spec in job.specs],
                str(self.spool.folder),
                resources=Resources(minutes=self.minutes),
            ): job
            for job in jobs
        }
        monitor = _Monitor(jobs, self.spool, self.on_event)
        waiting = set(futures)
        while waiting:
            ended, waiting = cf.wait(waiting, timeout=POLL_SECONDS, return_when=cf.FIRST_COMPLETED)
            self.collect()
            for future in ended:
                self._settle(futures[future], future)
                monitor.end(futures[future])
            monitor.show(self.held)

    def _settle(self, job: _Job, future: cf.Future[Any]) -> None:
        """After a trunk's process ended: what it did not finish has failed, for the reason it gave."""
        error = future.exception()
        for spec in job.specs:
            if spec.key in self.held:
                reason = str(error) if error else "the runner ended without a result for this run"
                if isinstance(error, TaskFailedError):
                    reason = f"{reason}\n{error.details}"
                self.store.fail(spec.key, self.owner, reason)
                self.held.discard(spec.key)
                self._report(spec.key)

    def _report(self, key: str) -> None:
        run = self.store.run(key)
        self.counted.add(key)
        if run.status == "done":
            self.outcome.done += 1
        elif run.status == "diverged":
            self.outcome.diverged += 1
        else:
            self.outcome.failed += 1
            self.outcome.failures[key] = run.error
        self.on_event(RunFinished(key, run.status, run.columns, run.metrics, run.error))


@dataclass(frozen=True)
class _Job:
    trunk_key: str
    specs: list[RunSpec]
    work: float


class _Monitor:
    """Progress of the jobs at hand, in estimated CPU seconds."""

    def __init__(self, jobs: Sequence[_Job], spool: Spool, on_event: Callable[[Event], None]) -> None:
        self.jobs, self.spool, self.on_event = jobs, spool, on_event
        self.ended: set[str] = set()
        self.began = time.monotonic()
        self.shown = 0.0

    def end(self, job: _Job) -> None:
        """A trunk's process ended."""
        self.ended.add(job.trunk_key)
        self.shown = 0.0

    def show(self, held: set[str]) -> None:
        """Sends a `Progress`, at most one a second."""
        if time.monotonic() - self.shown < SECONDS_BETWEEN_EVENTS:
            return
        self.shown = time.monotonic()
        shares = {**self.spool.read_progress(), **dict.fromkeys(self.ended, 1.0)}
        total = sum(job.work for job in self.jobs)
        done = sum(job.work * min(1.0, shares.get(job.trunk_key, 0.0)) for job in self.jobs)
        spent = self.shown - self.began
        eta = spent / done * (total - done) if done > 0 and spent > 1 else None
        runs = [spec.key for job in self.jobs for spec in job.specs]
        running = tuple(j.trunk_key for j in self.jobs if j.trunk_key in shares and j.trunk_key not in self.ended)
        self.on_event(Progress(done, total, sum(key not in held for key in runs), len(runs), eta, running))
