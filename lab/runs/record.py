"""A run's result as text and bytes: exact, hashed, without pickle. A missing number stays missing."""

from __future__ import annotations

import io
import json
import math
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from lab.core.errors import StoreError
from lab.core.fingerprint import canonical_json, hash_bytes, hash_literal
from lab.runs.runner import Result


def encode_json(value: Any) -> str:
    """Canonical JSON; NaN and infinities become null, NumPy scalars numbers."""
    return canonical_json(_plain(value))


def decode_json(text: str | None) -> Any:
    """What `encode_json` wrote; an empty table for NULL."""
    return json.loads(text) if text else {}


def encode_array(array: np.ndarray) -> bytes:
    """An array as the bytes of a compressed npz, equal for equal content."""
    buffer = io.BytesIO()
    np.savez_compressed(buffer, array=np.ascontiguousarray(array))
    return buffer.getvalue()


def decode_array(content: bytes, digest: str, subject: str) -> np.ndarray:
    """The array of `encode_array`; raises `StoreError` where it is not the one whose hash is `digest`."""
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as archive:
            array: np.ndarray = archive["array"]
    except (OSError, ValueError, KeyError, EOFError, NotImplementedError, zlib.error, zipfile.BadZipFile):
        array = np.empty(0)
    if hash_array(array) != digest:
        raise StoreError(subject, None, "its content does not match its hash", "run it again")
    return array


def hash_array(array: np.ndarray) -> str:
    """SHA-256 of type, shape and values: independent of how the bytes are compressed."""
    head = f"{array.dtype.str}{array.shape}".encode()
    return hash_bytes(head + np.ascontiguousarray(array).tobytes())


def hash_result(result: Result) -> str:
    """SHA-256 of status, metrics, curve and arrays: equal for the same specification on any day."""
    arrays = {name: hash_array(array) for name, array in result.arrays.items()}
    return hash_literal(_plain([result.status, dict(result.metrics), dict(result.curve), arrays]))


def hash_record(values: Mapping[str, Any]) -> str:
    """SHA-256 of a stored row's text columns: finds a flipped bit that SQLite does not."""
    return hash_literal({name: values[name] for name in RECORD_COLUMNS})


RECORD_COLUMNS = (
    "key",
    "trunk_key",
    "runner",
    "status",
    "fields",
    "columns",
    "metrics",
    "curve",
    "timings",
    "totals",
    "error",
    "provenance",
    "result_hash",
    "finished_at",
)


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, np.ndarray):
        return _plain(value.tolist())
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return [_plain(v) for v in value]
    return value
