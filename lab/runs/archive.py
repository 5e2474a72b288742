"""An archive: a study in one Parquet file, with manifest and hashes, to be committed, sent and opened anywhere.

It opens as a read-only study beside the store and is never merged into it by key: the standard library's bytes differ
between Python versions, so the same sweep elsewhere has other keys. Arrays up to 64 kB travel with it, weights never.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from lab.core.errors import InputError, StoreError, UnknownNameError
from lab.core.fingerprint import hash_literal
from lab.runs.provenance import tell_time
from lab.runs.record import RECORD_COLUMNS, decode_array, encode_array, encode_json, hash_array, hash_record
from lab.runs.store import Store
from lab.runs.stored import DAMAGED, StoredRun, StudyRecord, is_damaged, read_run

MANIFEST = b"scaling_lab"
MANIFEST_FIELDS = ("study", "sweep", "preset", "created_at", "runs", "records", "note")
FORMAT = 1
LARGEST_ARRAY = 65_536  # bytes, compressed
EXTRA = ("stage", "record_hash")
ARRAYS = pa.list_(pa.struct([("name", pa.string()), ("hash", pa.string()), ("content", pa.binary())]))


@dataclass(frozen=True)
class Archive:
    """An opened archive: the study, its runs, its manifest, and the arrays it carries by (run key, name)."""

    study: StudyRecord
    runs: list[StoredRun]
    manifest: Mapping[str, Any]
    contents: Mapping[tuple[str, str], tuple[str, bytes]]

    def array(self, key: str, name: str) -> np.ndarray:
        """An array of a run, verified against its hash."""
        if (key, name) not in self.contents:
            raise UnknownNameError.among(f"array of run {key}", name, [n for k, n in self.contents if k == key])
        digest, content = self.contents[key, name]
        return decode_array(content, digest, f"array {name} of run {key}")


def write_archive(store: Store, study: str, path: Path, note: str = "") -> Path:
    """Writes the runs of a study that have ended, failed ones too; returns the path. `note` is for the reader."""
    record = store.study(study)
    rows = [row for row in store.export_rows(study) if row["record_hash"]]
    if damaged := [row["key"] for row in rows if is_damaged(row)]:
        raise StoreError(f"study {study}", ", ".join(damaged), DAMAGED, "run the study again: it repeats these runs")
    if not rows:
        raise InputError(f"study {study}", "no finished runs", "an archive holds finished runs", "run the study first")
    for row in rows:
        row["arrays"] = [
            {"name": name, "hash": hash_array(array), "content": content}
            for name in store.list_arrays(row["key"])
            if len(content := encode_array(array := store.array(row["key"], name))) <= LARGEST_ARRAY
        ]
    manifest = {
        "format": FORMAT,
        "study": study,
        "sweep": record.sweep,
        "preset": record.preset,
        "created_at": tell_time(),
        "runs": len(rows),
        "records": hash_literal([row["record_hash"] for row in rows]),
        "note": note,
    }
    fields = [pa.field(name, pa.string()) for name in (*RECORD_COLUMNS, *EXTRA)] + [pa.field("arrays", ARRAYS)]
    schema = pa.schema(fields, metadata={MANIFEST: encode_json(manifest)})
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}")
    pq.write_table(pa.Table.from_pylist(rows, schema=schema), temporary, compression="zstd", compression_level=19)
    temporary.replace(path)
    return path


def is_archive(path: Path) -> bool:
    """Whether a file is an archive of the lab (and not somebody's Parquet table)."""
    try:
        return MANIFEST in (pq.read_schema(path).metadata or {})
    except (pa.ArrowException, OSError, ValueError):  # damaged files raise any of these
        return False


def read_manifest(path: Path) -> dict[str, Any]:
    """The manifest of an archive; raises `InputError` for another file or a newer format."""
    if not is_archive(path):
        raise InputError("archive", str(path), "not an archive of the lab", "`lab import` reads other people's tables")
    try:
        manifest: dict[str, Any] = json.loads(pq.read_schema(path).metadata[MANIFEST])
        newer = manifest["format"] > FORMAT
        missing = [name for name in MANIFEST_FIELDS if name not in manifest]
    except (ValueError, KeyError, TypeError) as error:
        raise StoreError("archive", str(path), f"damaged: {error}", "fetch it again") from error
    if missing:
        raise StoreError("archive", str(path), f"damaged: no {', '.join(missing)}", "fetch it again")
    if newer:
        raise StoreError("archive", str(path), "written by a newer version of the lab", "update the lab")
    return manifest


def read_archive(path: Path) -> Archive:
    """Opens an archive; raises `StoreError` where a record or the list of records does not match its hash."""
    manifest = read_manifest(path)
    try:
        rows = pq.read_table(path).to_pylist()
        damaged = [row["key"] for row in rows if hash_record(row) != row["record_hash"]]
        if not damaged and hash_literal([row["record_hash"] for row in rows]) != manifest["records"]:
            damaged = ["records are missing"]
        contents = {(row["key"], a["name"]): (a["hash"], a["content"]) for row in rows for a in row["arrays"]}
    except (pa.ArrowException, OSError, ValueError, KeyError, InputError) as error:  # not even readable
        damaged = [str(error).partition("\n")[0]]
    if damaged:
        raise StoreError("archive", str(path), f"damaged: {', '.join(damaged)}", "fetch it again")
    counts: dict[str, int] = {}
    for row in rows:
        counts[row["status"]] = counts.get(row["status"], 0) + 1
    study = StudyRecord(manifest["study"], manifest["sweep"], manifest["preset"], counts)
    return Archive(study, [read_run(row, row["status"]) for row in rows], manifest, contents)
