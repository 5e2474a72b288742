"""Progress of a running study: a live bar on a terminal, a line now and then anywhere else. Failures at once."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

from lab.cli.console.counting import SECONDS_BETWEEN_LINES
from lab.core.units import format_duration
from lab.runs.driver import Event, RunFinished
from lab.runs.driver import Progress as Step


class Monitor(Protocol):
    """Shows the driver's events."""

    def show(self, event: Event) -> None:
        """Show one event."""


@contextmanager
def open_monitor(study: str) -> Iterator[Monitor]:
    """The monitor that fits where stderr goes."""
    if not sys.stderr.isatty():
        yield LineMonitor(study)
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TextColumn("{task.fields[state]}"))
    with Progress(*columns, console=Console(stderr=True, markup=False, highlight=False)) as bar:
        yield BarMonitor(study, bar)


class LineMonitor:
    """Plain lines on stderr: for logs, pipes and continuous integration."""

    def __init__(self, study: str) -> None:
        self._study, self._ends, self._shown_at = study, _Ends(), -SECONDS_BETWEEN_LINES

    def show(self, event: Event) -> None:
        """A line per failure at once, and one on progress every ten seconds."""
        if isinstance(event, RunFinished):
            if failure := self._ends.add(event):
                print(failure, file=sys.stderr, flush=True)
        elif time.monotonic() - self._shown_at >= SECONDS_BETWEEN_LINES:
            self._shown_at = time.monotonic()
            line = f"{self._study}  {_share(event):4.0%}  {self._ends.describe(event)}"
            print(line, file=sys.stderr, flush=True)


class BarMonitor:
    """A live bar on a terminal, failures above it."""

    def __init__(self, study: str, bar: Progress) -> None:
        self._bar, self._ends = bar, _Ends()
        self._task = bar.add_task(study, total=1.0, state="")

    def show(self, event: Event) -> None:
        """Move the bar, or print a failure."""
        if isinstance(event, RunFinished):
            if failure := self._ends.add(event):
                self._bar.console.print(failure, style="red")
        else:
            self._bar.update(self._task, completed=_share(event), state=self._ends.describe(event))


class _Ends:
    """How the runs ended so far."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()

    def add(self, event: RunFinished) -> str:
        """Count a run; the line to print where it did not end well."""
        if event.status == "done":
            return ""
        self._counts[event.status] += 1
        what = ", ".join(
            f"{name} {event.columns[name]}" for name in ("family", "size", "seed") if name in event.columns
        )
        return (
            f"{event.status}: run {event.key} ({what}): {event.error.splitlines()[0] if event.error else 'no reason'}"
        )

    def describe(self, step: Step) -> str:
        """Runs done, what went wrong, what runs, and the time left."""
        ends = [f"{count} {status}" for status, count in self._counts.items()]
        left = "not known yet" if step.eta_seconds is None else format_duration(step.eta_seconds)
        counted = [
            f"{step.done_runs}/{step.total_runs} runs",
            *ends,
            f"{len(step.running)} trunks at work",
            f"ETA {left}",
        ]
        return ", ".join(counted)


def _share(step: Step) -> float:
    return step.done_work / step.total_work if step.total_work else 0.0
