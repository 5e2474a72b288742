"""The spool: a folder beside the store into which workers put each finished run at once, whole or not at all.

The driver takes results from it into the store. What a worker finished for a driver that then died is still there for
the next one, so no completed run is lost; how far a trunk has come stands in a small file of its own.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from lab.core.errors import InputError
from lab.runs.record import decode_json, encode_json
from lab.runs.runner import Result

RESULT, PROGRESS, DAMAGED = ".result.npz", ".progress.json", ".damaged"
RECORD = "record"  # the member of the npz that holds everything but the arrays, as JSON bytes
STALE_SECONDS = 30.0


@dataclass(frozen=True)
class Spooled:
    """A finished run waiting for a driver."""

    key: str
    result: Result
    provenance: Mapping[str, Any]


class Spool:
    """The folder and its files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError(
                "results folder", str(folder), f"cannot be written ({error.strerror})", "set LAB_STORE"
            ) from error

    def put(self, key: str, result: Result, provenance: Mapping[str, Any]) -> None:
        """Writes a result durably: once this returns, neither a kill nor a power cut loses it."""
        record = {
            "status": result.status,
            "metrics": result.metrics,
            "curve": result.curve,
            "timings": result.timings,
            "totals": result.totals,
            "error": result.error,
            "provenance": provenance,
        }
        members: dict[str, Any] = {f"array_{name}": array for name, array in result.arrays.items()}
        members[RECORD] = np.frombuffer(encode_json(record).encode(), dtype=np.uint8)
        buffer = io.BytesIO()
        np.savez(buffer, **members)
        self._write(self.folder / f"{key}{RESULT}", buffer.getvalue(), durable=True)

    def take(self) -> Iterator[Spooled]:
        """The results that wait, one after another; `drop` each once it is in the store."""
        for path in sorted(self.folder.glob(f"*{RESULT}")):
            try:
                with np.load(path, allow_pickle=False) as archive:
                    record = decode_json(archive[RECORD].tobytes().decode())
                    arrays = {n.removeprefix("array_"): archive[n] for n in archive.files if n != RECORD}
            except (OSError, ValueError, KeyError):
                path.rename(path.with_suffix(DAMAGED))  # kept as evidence (`lab doctor` names it); the run is run again
                continue
            provenance = record.pop("provenance")
            yield Spooled(path.name.removesuffix(RESULT), Result(arrays=arrays, **record), provenance)

    def drop(self, key: str) -> None:
        """Forgets a result that is stored."""
        (self.folder / f"{key}{RESULT}").unlink(missing_ok=True)

    def note_progress(self, trunk_key: str, done: float, total: float) -> None:
        """Writes how far a trunk is."""
        note = {"done": done, "total": total, "pid": os.getpid(), "at": time.time()}
        self._write(self.folder / f"{trunk_key}{PROGRESS}", json.dumps(note).encode(), durable=False)

    def read_progress(self) -> dict[str, float]:
        """The share done of every trunk that reported in the last half minute."""
        shares = {}
        for path in self.folder.glob(f"*{PROGRESS}"):
            with contextlib.suppress(OSError, ValueError):  # it may just be replaced or removed
                note = json.loads(path.read_text())
                if time.time() - note["at"] < STALE_SECONDS:
                    shares[path.name.removesuffix(PROGRESS)] = note["done"] / note["total"]
        return shares

    def clear_progress(self, trunk_key: str) -> None:
        """Forgets a trunk that ended."""
        (self.folder / f"{trunk_key}{PROGRESS}").unlink(missing_ok=True)

    def _write(self, path: Path, content: bytes, durable: bool) -> None:
        temporary = path.with_name(f".{path.name}.{os.getpid()}")
        with temporary.open("wb") as file:
            file.write(content)
            if durable:
                file.flush()
                os.fsync(file.fileno())
        temporary.replace(path)
        if durable and hasattr(os, "O_DIRECTORY"):
            folder = os.open(self.folder, os.O_DIRECTORY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
