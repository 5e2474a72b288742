"""What a worker process does: all runs of one trunk, each put into the spool as soon as it is finished."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from typing import Any

from lab.core.registry import open_shelf
from lab.runs.checkpoint import Checkpoint
from lab.runs.folders import Folders
from lab.runs.provenance import describe_machine, tell_time
from lab.runs.runner import Fields, Result
from lab.runs.spec import RunSpec
from lab.runs.spool import Spool
from lab.runs.weights import WeightsFolder

SECONDS_BETWEEN_NOTES = 0.5


class SpoolReporter:
    """Reports into the spool; `code` is the provenance of the code, which the driver knows."""

    def __init__(
        self, folders: Folders, runner: str, trunk_key: str, code: Mapping[str, Any], limit_seconds: float = math.inf
    ) -> None:
        self.spool, self.weights = Spool(folders.spool), WeightsFolder(folders.weights)
        self.checkpoint: Checkpoint | None = Checkpoint(folders.checkpoints, trunk_key, limit_seconds)
        self.notes: list[str] = []
        self.runner, self.trunk_key, self.code = runner, trunk_key, code
        self.started_at = tell_time()
        self.last_note = 0.0

    def emit(self, fields: Fields, result: Result) -> None:
        """Puts a finished run where a crash cannot lose it, with the identity that its key is the hash of."""
        spec = RunSpec(self.runner, fields)
        if result.weights:
            self.weights.put(spec.key, result.weights)
        how: dict[str, Any] = {"started_at": self.started_at, "finished_at": tell_time()}
        if self.notes:
            how["notes"] = self.notes
        self.spool.put(spec.key, result, {**self.code, **describe_machine(), **how, "identity": spec.identity})

    def advance(self, done: float, total: float) -> None:
        """Notes progress, at most twice a second."""
        if time.monotonic() - self.last_note > SECONDS_BETWEEN_NOTES:
            self.last_note = time.monotonic()
            self.spool.note_progress(self.trunk_key, done, total)

    def note(self, text: str) -> None:
        """Kept for the provenance of the runs to come."""
        self.notes.append(text)


def run_trunk(
    runner: str, fields: Sequence[Fields], folders: Folders, code: Mapping[str, Any], limit_seconds: float = math.inf
) -> None:
    """Runs the branches of one trunk with the runner of that name, for `limit_seconds` of wall clock at most.

    Raises `TimeLimitError`, its state kept, where a runner that keeps checkpoints runs out of time.
    """
    trunk_key = RunSpec(runner, fields[0]).trunk_key
    reporter = SpoolReporter(folders, runner, trunk_key, code, limit_seconds)
    try:
        open_shelf("runners").load(runner).run(fields, reporter)
    finally:
        reporter.spool.clear_progress(trunk_key)
