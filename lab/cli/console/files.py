"""Files a command reads and writes: read with a clear refusal, written whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

from lab.core.errors import InputError


def read_file(path: Path, most: int) -> bytes:
    """Its bytes; raises `InputError` where it is no file, may not be read, or has more than `most`."""
    try:
        with path.open("rb") as file:
            content = file.read(most + 1)
    except OSError as error:
        raise InputError(
            str(path), rule=(error.strerror or "cannot be read").lower(), next_step="name a file"
        ) from None
    if len(content) > most:
        raise InputError(str(path), rule=f"is longer than {most:,} bytes", next_step="name a part of it")
    return content


def claim_place(path: Path) -> None:
    """Raises `InputError` where something stands already, or where no file can be made: before the work, not after."""
    if path.exists() or path.is_symlink():
        raise _make_refusal(path)
    if not path.parent.is_dir() or not os.access(path.parent, os.W_OK):
        raise InputError(str(path), rule="its folder does not exist or may not be written", next_step="name another")


def write_whole(path: Path, content: bytes) -> None:
    """Writes beside the place and links it there: an interruption leaves no half of a file, and what was made at the
    place in the meantime stays. Raises `InputError` where something was.
    """
    part = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        _write_new(part, content)
        try:
            os.link(part, path)
        except FileExistsError:
            raise _make_refusal(path) from None
        except OSError:  # a file system without links
            _write_new(path, content)
    finally:
        part.unlink(missing_ok=True)


def _write_new(path: Path, content: bytes) -> None:
    """To the disk; nothing is left where that fails, and nothing that stands there is touched."""
    try:
        file = path.open("xb")
    except FileExistsError:
        raise _make_refusal(path) from None
    try:
        with file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        path.unlink()
        raise


def _make_refusal(path: Path) -> InputError:
    return InputError(str(path), rule="exists already and is not overwritten", next_step="name another or remove it")
