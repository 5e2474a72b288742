"""Arrays of files that nobody vouches for: nothing is unpickled, and no more is unpacked than is allowed."""

from __future__ import annotations

import math
import tokenize
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from lab.core.errors import InputError

# What zipfile and NumPy raise on bytes that are no archive and no array.
DAMAGE = (
    *(OSError, ValueError, EOFError, KeyError, NotImplementedError, RuntimeError, SyntaxError),
    *(zipfile.BadZipFile, zlib.error, tokenize.TokenError),
)


@contextmanager
def refuse_damage(subject: str, path: Path) -> Iterator[None]:
    """Turns what NumPy and zipfile raise on bytes that are no arrays into an `InputError`."""
    try:
        yield
    except DAMAGE as error:
        reason = " ".join(str(error).split())[:200]
        raise InputError(subject, str(path), f"is not an array that NumPy wrote: {reason}", "check it") from error


def list_arrays(archive: zipfile.ZipFile) -> list[str]:
    """The names of the arrays in an open .npz."""
    return [member.removesuffix(".npy") for member in archive.namelist() if member.endswith(".npy")]


def read_npy(file: IO[bytes], subject: str, largest: int) -> NDArray[Any]:
    """An array from a stream, its promised size in bytes held against `largest` before anything is allocated.

    Raises `InputError` for an array of objects or a larger one, and one of `DAMAGE` for what is no array.
    """
    version = np.lib.format.read_magic(file)
    read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    with warnings.catch_warnings(action="ignore"):  # of headers that Python 2 wrote
        shape, in_columns, dtype = read(file)
    if dtype.hasobject:
        raise InputError(subject, str(dtype), "an array must hold booleans, integers or real numbers", "convert it")
    count = math.prod(shape)
    if min(shape, default=0) < 0:
        raise ValueError(f"a side of {min(shape)}")
    if count * dtype.itemsize > largest:
        raise InputError(subject, shape, f"is larger than {largest:,} bytes", "save a part of it")
    data = file.read(count * dtype.itemsize)
    if len(data) < count * dtype.itemsize:
        raise ValueError(f"it ends after {len(data):,} bytes of {count * dtype.itemsize:,}")
    return np.frombuffer(data, dtype=dtype).reshape(shape, order="F" if in_columns else "C")
