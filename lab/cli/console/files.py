"""Files a command reads and writes: read with a clear refusal, written whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

from lab.core.errors import InputError


def read_file(path: Path) -> bytes:
    """Its bytes; raises `InputError` where it is no file or may not be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(
            str(path), rule=(error.strerror or "cannot be read").lower(), next_step="name a file"
        ) from None


def claim_place(path: Path) -> None:
    """Raises `InputError` where something stands already, or where no file can be made: before the work, not after."""
    if path.exists() or path.is_symlink():
        raise InputError(str(path), rule="exists already and is not overwritten", next_step="name another or remove it")
    if not path.parent.is_dir() or not os.access(path.parent, os.W_OK):
        raise InputError(str(path), rule="its folder does not exist or may not be written", next_step="name another")


def write_whole(path: Path, content: bytes) -> None:
    """Writes beside the place and moves there, so that an interruption leaves no half of a file."""
    part = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with part.open("xb") as file:
            file.write(content)
        claim_place(path)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
