"""The file in which a trunk's state stands while it trains, beside the store, so that a kill costs a minute at most."""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO

from lab.runs.folders import explain_trouble, replace_file
from lab.runs.provenance import hash_code, name_processor

SUFFIX = ".pt"


class Checkpoint:
    """The one file of a trunk, and how long the trunk may still go on; what it holds is the runner's business.

    `origin`: the lab's code and the processor here, by which what it holds can be known to be from elsewhere.
    """

    def __init__(self, folder: Path, trunk_key: str, limit_seconds: float = math.inf) -> None:
        self.origin: Mapping[str, str] = {"code": hash_code(), "processor": name_processor()}
        self.path, self.trunk_key, self.limit_seconds = folder / f"{trunk_key}{SUFFIX}", trunk_key, limit_seconds
        self._began = time.monotonic()

    @contextlib.contextmanager
    def replace(self) -> Iterator[IO[bytes]]:
        """A file to write to, which takes the old one's place when it is whole and durable."""
        with explain_trouble(self.path.parent):
            self.path.parent.mkdir(parents=True, exist_ok=True)
        with replace_file(self.path) as file:
            yield file

    def is_late(self) -> bool:
        """Whether the trunk's time is over, counted from when this was made."""
        return time.monotonic() - self._began > self.limit_seconds

    def drop(self) -> None:
        """Removes the file, where there is one."""
        self.path.unlink(missing_ok=True)
