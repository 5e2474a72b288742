"""What the store gives back: studies and runs as values, and whether a record is still what was stored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from lab.core.errors import InputError
from lab.runs.record import decode_json, hash_record

FINAL = ("done", "diverged", "stopped")
STATUSES = ("pending", "running", "failed", *FINAL)
DAMAGED = "its record does not match its hash"


@dataclass(frozen=True)
class StudyRecord:
    """A study of the store; `counts` are its runs by status."""

    name: str
    sweep: str
    preset: str
    counts: Mapping[str, int] = field(default_factory=dict, compare=False)


@dataclass(frozen=True)
class StoredRun:
    """A run as stored. `columns` are what was known beforehand, `metrics` what came of it."""

    key: str
    trunk_key: str
    runner: str
    status: str
    stage: str
    fields: Mapping[str, Any]
    columns: Mapping[str, Any]
    metrics: Mapping[str, Any]
    curve: Mapping[str, list[float | None]]
    timings: Mapping[str, list[float]]
    totals: Mapping[str, float]
    error: str
    provenance: Mapping[str, Any]
    result_hash: str | None
    finished_at: str | None


def is_damaged(values: Mapping[str, Any]) -> bool:
    """Whether a raw row is not what was once stored. Until a run has ended there is no hash to compare with."""
    if values["status"] not in STATUSES:
        return True
    if values["record_hash"] is None:
        return values["status"] in FINAL
    try:
        return bool(hash_record(values) != values["record_hash"])
    except InputError:  # a flipped bit made another type of it
        return True


def read_run(values: Mapping[str, Any], status: str) -> StoredRun:
    """A run from its raw row, with the status that is true of it: 'failed' for a damaged one."""
    damaged = is_damaged(values)
    result = ("metrics", "curve", "timings", "totals", "provenance")
    return StoredRun(
        key=values["key"],
        trunk_key=values["trunk_key"],
        runner=values["runner"],
        status=status,
        stage=values.get("stage") or "",
        fields=_decode_intact(values["fields"]),
        columns=_decode_intact(values["columns"]),
        **{name: {} if damaged else decode_json(values[name]) for name in result},
        error=f"{DAMAGED}; `lab run` repeats it" if damaged else values["error"],
        result_hash=None if damaged else values["result_hash"],
        finished_at=None if damaged else values["finished_at"],
    )


def _decode_intact(text: str) -> Any:
    try:
        return decode_json(text)
    except (ValueError, TypeError):
        return {}
