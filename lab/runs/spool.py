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
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from lab.runs.folders import explain_trouble, replace_file
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
    """The folder and its files; the folder is made when something is first put there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def prepare(self) -> None:
        """Makes the folder; raises `InputError` where it cannot."""
        with explain_trouble(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)

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
        with replace_file(self.folder / f"{key}{RESULT}") as file:
            np.savez(file, **members)

    def keys(self) -> list[str]:
        """The keys of the runs that wait."""
        return sorted(path.name.removesuffix(RESULT) for path in self.folder.glob(f"*{RESULT}"))

    def read(self, key: str) -> Spooled | None:
        """The result of a run that waits; None where there is none, or where it is damaged (then it is set aside)."""
        path = self.folder / f"{key}{RESULT}"
        try:
            with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as archive:
                record = decode_json(archive[RECORD].tobytes().decode())
                arrays = {n.removeprefix("array_"): archive[n] for n in archive.files if n != RECORD}
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
            path.replace(path.with_suffix(DAMAGED))
            return None
        provenance = record.pop("provenance")
        return Spooled(key, Result(arrays=arrays, **record), provenance)

    def drop(self, key: str) -> None:
        """Forgets a result that is stored."""
        (self.folder / f"{key}{RESULT}").unlink(missing_ok=True)

    def note_progress(self, trunk_key: str, done: float, total: float) -> None:
        """Writes how far a trunk is."""
        note = {"done": done, "total": total, "pid": os.getpid(), "at": time.time()}
        with replace_file(self.folder / f"{trunk_key}{PROGRESS}", durable=False) as file:
            file.write(json.dumps(note).encode())

    def read_progress(self) -> dict[str, float]:
        """The share done of every trunk that reported in the last half minute."""
        shares = {}
        for path in self.folder.glob(f"*{PROGRESS}"):
            with contextlib.suppress(OSError, ValueError):  # it may just be replaced or removed
                note = json.loads(path.read_text())
                if time.time() - note["at"] < STALE_SECONDS:
                    shares[path.name.removesuffix(PROGRESS)] = note["done"] / note["total"] if note["total"] else 0.0
        return shares

    def clear_progress(self, trunk_key: str) -> None:
        """Forgets a trunk that ended."""
        (self.folder / f"{trunk_key}{PROGRESS}").unlink(missing_ok=True)
