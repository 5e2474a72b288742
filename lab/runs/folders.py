"""The folders beside a store's database, and how a file gets into one: whole and durable, or not at all."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from lab.core.errors import InputError, LabError

ABANDONED_SECONDS = 3600.0  # a file half written and this old belongs to a worker that was killed


@dataclass(frozen=True)
class Folders:
    """The folders of the store called `name` below `root`; each is made when something is first put there."""

    root: Path
    name: str

    @property
    def spool(self) -> Path:
        """Where workers put each finished run until a driver takes it."""
        return self.root / "spool" / self.name

    @property
    def weights(self) -> Path:
        """Where the weights of cooled endpoints stand, a file for each run."""
        return self.root / "weights" / self.name

    @property
    def checkpoints(self) -> Path:
        """Where trunks under way keep their state."""
        return self.root / "checkpoints" / self.name

    def clear_abandoned(self) -> None:
        """Removes what killed workers left half written; raises `InputError` where it cannot."""
        for folder in (self.spool, self.weights, self.checkpoints):
            with explain_trouble(folder):
                for path in folder.glob(".*"):
                    with contextlib.suppress(FileNotFoundError):  # its writer, or another driver, was quicker
                        if time.time() - path.stat().st_mtime > ABANDONED_SECONDS:
                            path.unlink()


@contextlib.contextmanager
def replace_file(path: Path, durable: bool = True) -> Iterator[IO[bytes]]:
    """A file to write to, which takes the place of `path` at the end of the block; after an error nothing has changed.

    Once the block has ended a durable file survives a power cut. Raises `InputError` where the folder cannot be
    written and `LabError` where the disk is full.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    with explain_trouble(path.parent):
        try:
            with temporary.open("wb") as file:
                yield file
                if durable:
                    file.flush()
                    os.fsync(file.fileno())
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        if durable and hasattr(os, "O_DIRECTORY"):
            folder = os.open(path.parent, os.O_DIRECTORY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)


@contextlib.contextmanager
def explain_trouble(folder: Path) -> Iterator[None]:
    """The lab's error for one of the file system's."""
    try:
        yield
    except OSError as error:
        kind, next_step = (
            (LabError, "free space and run the same command again")
            if "No space" in str(error)
            else (InputError, "make the folder writable or set LAB_STORE")
        )
        raise kind("results folder", str(folder), f"cannot be written ({error.strerror})", next_step) from error
