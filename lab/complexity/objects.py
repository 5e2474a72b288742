"""Files, folders and arrays as messages. What the decoder must be told beside the symbols is counted, not assumed.

A file is read, never unpacked or run. Only plain files are opened: a pipe, a device or a loop of links is refused.
"""

from __future__ import annotations

import os
import stat
import zipfile
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lab.complexity.code import Message
from lab.complexity.integers import count_integer_bits
from lab.core.arrays import list_arrays, read_npy, refuse_damage
from lab.core.errors import InputError

LARGEST_FILE = 2**27  # bytes: what one process holds, with its layouts, below 1 GB
MOST_FILES = 100_000
LEVELS = 256  # of a quantised array
FLOAT_BITS = 64
SYMBOL_BITS = 8
PIECE = 2**22


@dataclass(frozen=True)
class Described:
    """An object ready to be described.

    `told_bits`: what the decoder is told beside the symbols and their shape (lengths of files, values that the symbols
    stand for). `entropy_rate`: bits per symbol where the object is drawn from a known law. `notes`: what was done to
    make symbols of it, one line each.
    """

    name: str
    message: Message
    told_bits: float = 0.0
    entropy_rate: float | None = None
    notes: tuple[str, ...] = ()


def read_object(path: Path, array: str = "", limit: int | None = None) -> Described:
    """A file's bytes, a folder's files in the order of their paths, or an array of a .npy or .npz file.

    `array` names the array of a .npz with several; `limit` reads only the first bytes of a file or symbols of an
    array. Raises `InputError` for what is not there, not plain, not readable, not an array or too large.
    """
    mode = _find_mode(path)
    if stat.S_ISDIR(mode):
        return _read_folder(path, limit)
    _require_plain(path, mode)
    if path.suffix in (".npy", ".npz"):
        return _cut(describe_array(_read_array(path, array), path.name), limit)
    if array:
        raise InputError(str(path), array, "only a .npz file has named arrays", "leave the name out")
    data, cut = _read_bytes(path, LARGEST_FILE if limit is None else min(limit, LARGEST_FILE), limit is not None)
    notes = (f"the first {len(data):,} bytes of the file",) if cut else ()
    return Described(path.name, Message(np.frombuffer(data, dtype=np.uint8)), notes=notes)


def describe_array(array: NDArray[Any], name: str) -> Described:
    """An array of any shape as symbols of 2…256 values.

    Booleans and bytes are taken as they are; integers of at most 256 different values are numbered in their order;
    other numbers are quantised to 256 equal steps from least to largest, and what is then described is the quantised
    array. The values are told: how many, then the least and each step up to the next.
    """
    if array.dtype == np.bool_:
        return Described(name, Message(array.astype(np.uint8), 2))
    if array.dtype == np.uint8:
        highest = int(array.max()) if array.size else 0
        return Described(name, Message(array, max(2, highest + 1)), SYMBOL_BITS)
    if array.dtype.kind not in "iuf":
        raise InputError(name, str(array.dtype), "an array must hold booleans, integers or real numbers", "convert it")
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        raise InputError(name, "NaN or infinity", "every value must be finite", "mask or replace them first")
    if array.dtype.kind in "iu":
        values = np.unique(array)
        if len(values) <= LEVELS:
            return _number_values(name, values, _find_places(array, values))
    low, high = (float(array.min()), float(array.max())) if array.size else (0.0, 0.0)
    if not np.isfinite(high - low):
        raise InputError(name, f"from {low:g} to {high:g}", "the range of values must be finite", "scale them first")
    step = (high - low) / LEVELS or 1.0
    scaled = array.astype(np.float64)
    scaled -= low  # in place: the array may be as large as a process may hold
    scaled /= step
    quantised = np.clip(scaled, 0, LEVELS - 1, out=scaled).astype(np.uint8)
    note = f"quantised to {LEVELS} equal steps of {step:.4g} from {low:.4g}: bounds are of the quantised array"
    return Described(name, Message(quantised), 2 * FLOAT_BITS, notes=(note,))


def restrict_alphabet(described: Described, alphabet: int) -> Described:
    """The object with its symbols numbered 0…`alphabet` − 1 in order; one bit says whether the values are others.

    If they are, how many there are and each of them is told, 8 bits each.

    Raises `InputError` where there are more different symbols than that.
    """
    values = _list_values(described.message.sequence)
    if len(values) > alphabet:
        raise InputError("--alphabet", alphabet, f"{described.name} has {len(values)} different symbols", "allow more")
    message = Message(_find_places(described.message.symbols, values), alphabet)
    if np.array_equal(values, np.arange(len(values))):
        return replace(described, message=message, told_bits=described.told_bits + 1)
    note = f"symbols {', '.join(map(str, values[:8]))}{'…' if len(values) > 8 else ''} stand as 0…{len(values) - 1}"
    told = described.told_bits + 1 + SYMBOL_BITS * (1 + len(values))
    return replace(described, message=message, told_bits=told, notes=(*described.notes, note))


def reshape_object(described: Described, shape: tuple[int, ...]) -> Described:
    """The object as an array of another shape; raises `InputError` where the number of symbols differs."""
    if int(np.prod(shape)) != len(described.message) or min(shape, default=0) < 1:
        size = len(described.message)
        raise InputError("--shape", "x".join(map(str, shape)), f"{described.name} has {size:,} symbols", "match them")
    return replace(described, message=Message(described.message.sequence.reshape(shape), described.message.alphabet))


def _list_values(symbols: NDArray[np.uint8]) -> NDArray[np.intp]:
    """The bytes that occur, in order."""
    counts = np.zeros(LEVELS, dtype=np.int64)
    for begin in range(0, len(symbols), PIECE):  # counting widens what it counts to eight bytes a symbol
        counts += np.bincount(symbols[begin : begin + PIECE], minlength=LEVELS)
    return np.flatnonzero(counts)


def _find_places(array: NDArray[Any], values: NDArray[Any]) -> NDArray[np.uint8]:
    """The place of every element among the values, in the array's shape; in pieces, for places take eight bytes."""
    flat, places = np.ravel(array), np.empty(array.size, dtype=np.uint8)
    for begin in range(0, len(flat), PIECE):
        places[begin : begin + PIECE] = np.searchsorted(values, flat[begin : begin + PIECE])
    return places.reshape(array.shape)


def _number_values(name: str, values: NDArray[Any], symbols: NDArray[np.uint8]) -> Described:
    first = int(values[0]) if len(values) else 0
    steps = [int(b) - int(a) for a, b in pairwise(values)]
    told = count_integer_bits(len(values) + 1) + 1 + count_integer_bits(abs(first) + 1)
    told += sum(map(count_integer_bits, steps))
    return Described(name, Message(symbols, max(2, len(values))), told)


def _cut(described: Described, limit: int | None) -> Described:
    if limit is None or limit >= len(described.message):
        return described
    message = Message(described.message.sequence[:limit], described.message.alphabet)
    return replace(described, message=message, notes=(*described.notes, f"the first {limit:,} symbols, in row order"))


def _find_mode(path: Path) -> int:
    try:
        return path.stat().st_mode
    except FileNotFoundError:
        raise InputError("object", str(path), "there is no such file", "check the path") from None
    except (OSError, ValueError) as error:  # a loop of links, a folder without permission, a NUL in the name
        raise _make_refusal(path, error) from error


def _make_refusal(path: Path | str, error: Exception) -> InputError:
    reason = " ".join(str(getattr(error, "strerror", None) or error).split())[:200].lower()
    return InputError("object", str(path), f"cannot be read: {reason}", "check the path and its permissions")


def _require_plain(path: Path, mode: int) -> None:
    if not stat.S_ISREG(mode):
        raise InputError("object", str(path), "is a pipe, a socket or a device", "name a plain file or a folder")


def _read_bytes(path: Path, most: int, may_cut: bool) -> tuple[bytes, bool]:
    """At most `most` bytes, and whether there are more; more are refused unless they may be cut."""
    try:
        # Never block on what became a pipe between the look and the opening.
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK), "rb") as file:
            data = file.read(most)
            more = bool(file.read(1))
    except OSError as error:
        raise InputError(
            "object", str(path), f"cannot be read: {(error.strerror or '').lower()}", "check it"
        ) from error
    if more and not may_cut:
        raise InputError(
            "object", str(path), f"is larger than {LARGEST_FILE:,} bytes", "describe its beginning with --length"
        )
    return data, more


def _read_folder(path: Path, limit: int | None) -> Described:
    """Every plain file below a folder, links not followed: bytes one after the other, their number and lengths told."""
    pieces: list[bytes] = []
    skipped, room = 0, LARGEST_FILE if limit is None else min(limit, LARGEST_FILE)
    for file in _walk(path):
        try:
            mode = file.lstat().st_mode
        except OSError as error:  # gone since it was listed
            raise _make_refusal(file, error) from error
        if not stat.S_ISREG(mode):
            skipped += 1
            continue
        data, more = _read_bytes(file, room, True)
        if more and limit is None:
            rule = f"its files are larger than {LARGEST_FILE:,} bytes together"
            raise InputError("object", str(path), rule, "describe the beginning with --length")
        pieces.append(data)
        room -= len(data)
        if limit is not None and room == 0:
            break
    if not pieces:
        raise InputError("object", str(path), "holds no plain file", "name another folder")
    told = count_integer_bits(len(pieces)) + sum(count_integer_bits(len(piece) + 1) for piece in pieces)
    notes = [f"{len(pieces):,} files in the order of their paths; their lengths are told, their names are not"]
    if skipped:
        notes.append(f"{skipped:,} links, pipes or devices are left out")
    return Described(
        path.resolve().name, Message(np.frombuffer(b"".join(pieces), dtype=np.uint8)), told, None, tuple(notes)
    )


def _walk(path: Path) -> list[Path]:
    """All below a folder that is no folder, in the order of the paths; no more is listed than may be read."""

    def refuse(error: OSError) -> None:
        raise _make_refusal(error.filename, error)

    found: list[Path] = []
    for folder, folders, names in os.walk(path, onerror=refuse):
        links = [inner for inner in folders if Path(folder, inner).is_symlink()]
        found += [Path(folder, name) for name in (*names, *links)]
        if len(found) > MOST_FILES:
            raise InputError("object", str(path), f"holds more than {MOST_FILES:,} files", "name a smaller folder")
    return sorted(found, key=os.fsencode)


def _read_array(path: Path, name: str) -> NDArray[Any]:
    """The array of a .npy, or one of a .npz; nothing is unpickled, and no more is unpacked than a file may hold."""
    with refuse_damage("object", path):
        if path.suffix == ".npy":
            with path.open("rb") as file:
                return read_npy(file, str(path), LARGEST_FILE)
        with zipfile.ZipFile(path) as archive:
            names = list_arrays(archive)
            if name not in names and (name or len(names) != 1):
                known = ", ".join(names[:20]) or "none"
                step = f"name one: {path.name}:NAME"
                raise InputError(f"arrays of {path.name}", name or None, f"there are {known}", step)
            with archive.open(f"{name or names[0]}.npy") as member:
                return read_npy(member, f"{path}:{name or names[0]}", LARGEST_FILE)
