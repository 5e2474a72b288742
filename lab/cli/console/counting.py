"""Progress of work without a study: so many pieces of one kind, done one after the other."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from lab.core.units import format_duration

SECONDS_BETWEEN_LINES = 10.0


@contextmanager
def open_count(title: str, noun: str, total: int) -> Iterator[Callable[[], None]]:
    """A call per finished piece of `total`, for work without a study: a bar on a terminal, a line now and then
    elsewhere, each with the time left.
    """
    if sys.stderr.isatty():
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        with Progress(*columns, console=Console(stderr=True, markup=False, highlight=False), transient=True) as bar:
            task = bar.add_task(title, total=total)
            yield lambda: bar.advance(task)
        return
    counter = _Counter(title, noun, total)
    yield counter.advance


class _Counter:
    """Lines on stderr; none for work that takes less than ten seconds."""

    def __init__(self, title: str, noun: str, total: int) -> None:
        self._title, self._noun, self._total, self._done = title, noun, total, 0
        self._began = self._shown_at = time.monotonic()

    def advance(self) -> None:
        self._done += 1
        now = time.monotonic()
        if now - self._shown_at >= SECONDS_BETWEEN_LINES:
            self._shown_at = now
            left = format_duration((now - self._began) * (self._total - self._done) / self._done)
            print(f"{self._title}  {self._done}/{self._total} {self._noun}, ETA {left}", file=sys.stderr, flush=True)
