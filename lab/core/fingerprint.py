"""Fingerprints: equal content gives the equal hash, whatever the order of keys or the spelling of a number.

Only literals have an identity. A callable, an array or a NaN in a specification is refused rather than
hashed by accident of its `repr`.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lab.core.errors import InputError

if TYPE_CHECKING:  # pandas costs most of a second, and `lab --help` needs a key but never a table
    import pandas as pd

KEY_LENGTH = 16  # hex digits of a run key: 64 bits, a collision among a million runs has odds of 3e-8


def canonicalize(value: Any, where: str = "value") -> Any:
    """The literal in canonical form: 1.0 becomes 1, tuples become lists; raises `InputError` on anything else."""
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, int):
        return value
    if isinstance(value, float):
        if not math.isfinite(value):
            raise InputError(where, value, "a number in a specification is finite")
        return int(value) if value.is_integer() and abs(value) < 2**53 else value
    if isinstance(value, Mapping):
        return {str(k): canonicalize(value[k], f"{where}.{k}") for k in sorted(value, key=str)}
    if isinstance(value, Sequence) and not isinstance(value, bytes | bytearray):
        return [canonicalize(item, f"{where}[{i}]") for i, item in enumerate(value)]
    raise InputError(
        where, type(value).__name__, "a specification holds literals only: numbers, strings, lists, tables"
    )


def canonical_json(value: Any) -> str:
    """The one JSON text of a literal."""
    return json.dumps(canonicalize(value), sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)


def hash_bytes(content: bytes) -> str:
    """SHA-256 of bytes, 64 hex digits."""
    return hashlib.sha256(content).hexdigest()


def hash_literal(value: Any) -> str:
    """SHA-256 of the canonical JSON of a literal, 64 hex digits."""
    return hash_bytes(canonical_json(value).encode())


def hash_file(path: Path) -> str:
    """SHA-256 of a file's content, 64 hex digits."""
    return hash_bytes(Path(path).read_bytes())


def hash_frame(frame: pd.DataFrame) -> str:
    """SHA-256 of a table's column names and values, in the order they stand; the index does not count."""
    digest = hashlib.sha256(canonical_json([str(c) for c in frame.columns]).encode())
    for name in frame.columns:
        column = frame[name]
        if column.dtype.kind in "biuf":
            digest.update(column.to_numpy(dtype="float64").tobytes())
        else:
            digest.update("\x1f".join(map(str, column)).encode())
    return digest.hexdigest()
