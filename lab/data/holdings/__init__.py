"""Data that has to be fetched once: where it is kept, what was fetched, and whether it is still that.

Nothing of it is in the repository. A holding lies in a folder of its own below `LAB_DATA` (by default the user's cache
folder) beside a manifest with the SHA-256 of every file, and is read only where the two agree.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from lab.core.errors import RefusedError
from lab.core.fingerprint import hash_bytes

MANIFEST = "manifest.json"


def find_cache() -> Path:
    """`LAB_DATA`, or the folder where this platform keeps what can be fetched again."""
    if named := os.environ.get("LAB_DATA"):
        return Path(named).expanduser()
    if sys.platform == "win32":
        root = Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData" / "Local"))
    elif sys.platform == "darwin":
        root = Path.home() / "Library" / "Caches"
    else:
        root = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return root / "scaling-lab"


@dataclass(frozen=True)
class Holding(ABC):
    """`name`: of its folder; `request`: what to hand to `lab data fetch`."""

    name: str
    request: str

    @abstractmethod
    def download(self) -> Mapping[str, bytes]:
        """The files by name, from where they are published; raises `RefusedError` where they are not to be had."""

    @property
    def folder(self) -> Path:
        """Where it is kept."""
        return find_cache() / self.name

    @property
    def is_kept(self) -> bool:
        """Whether it was fetched."""
        return (self.folder / MANIFEST).is_file()

    @property
    def bytes_kept(self) -> int:
        """Bytes of all files, 0 before it was fetched."""
        return sum(path.stat().st_size for path in self.folder.iterdir()) if self.is_kept else 0

    def fetch(self) -> Path:
        """Download and keep it, in place of what was there; returns its folder."""
        self.keep(self.download())
        return self.folder

    def keep(self, files: Mapping[str, bytes]) -> None:
        """Write the files and their manifest; an interrupted one leaves what was there before."""
        self.folder.parent.mkdir(parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(prefix=f".{self.name}-", dir=self.folder.parent))
        try:
            for name, content in files.items():
                (fresh / name).write_bytes(content)
            manifest = {name: hash_bytes(content) for name, content in files.items()}
            (fresh / MANIFEST).write_text(json.dumps(manifest, indent=2), encoding="utf-8")
            self._replace(fresh)
        finally:
            shutil.rmtree(fresh, ignore_errors=True)

    def _replace(self, fresh: Path) -> None:
        """Puts a folder in place of the one kept, which is removed only when the new one stands."""
        former = fresh.with_name(f"{fresh.name}-former")
        had_one = self.folder.exists()
        if had_one:
            self.folder.rename(former)
        try:
            fresh.rename(self.folder)
        except BaseException:
            if had_one:
                former.rename(self.folder)
            raise
        shutil.rmtree(former, ignore_errors=True)

    def read(self, name: str) -> bytes:
        """A file as it was fetched; raises `RefusedError` where it was not, or where it is no longer what it was."""
        next_step = f"lab data fetch {self.request}"
        if not self.is_kept:
            raise RefusedError(self.name, "not fetched", f"it would be kept in {self.folder}", next_step)
        try:
            expected = json.loads((self.folder / MANIFEST).read_text(encoding="utf-8"))[name]
            content = (self.folder / name).read_bytes()
        except (OSError, ValueError, KeyError) as error:
            raise RefusedError(self.name, str(error), f"{self.folder} is damaged", next_step) from error
        if hash_bytes(content) != expected:
            raise RefusedError(self.name, name, "the file is not the one that was fetched", next_step)
        return content
