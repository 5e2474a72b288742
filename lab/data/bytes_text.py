"""Bytes of text or code: the Python standard library's own sources by default, or any file or folder.

The standard library is real text that every machine has (about 11 MB, 30 MB with its tests where they are installed);
its bytes differ between Python versions, so the content hash of the manifest is part of the identity of a run. How it
is split: `lab.data.texts`.
"""

from __future__ import annotations

import sysconfig
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Literal, get_args

from lab.core.errors import InputError, RefusedError, UnknownNameError
from lab.data.texts import TextSource

_TESTS = "test"
_LEFT_OUT = ("idlelib", "site-packages", "__pycache__", "lib2to3", "config-")
FEWEST_TESTS = 100  # files; an image that leaves the tests out keeps a few stray ones

Library = Literal["sources", "sources_and_tests"]


@dataclass(frozen=True)
class BytesText(TextSource):
    """Text of a file or folder, or of the standard library of the running Python.

    `path`: a file or folder; '' is the standard library. Where it stands is not part of the identity, what it holds is.
    `library`: how much of the standard library; of a path of your own it says nothing.
    """

    path: str = field(default="", metadata={"identity": False})
    library: Library = "sources"
    licence = "PSF-2.0; a text of your own has its own"
    extent = "11 MB, with tests 30 MB"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.library not in get_args(Library):
            raise UnknownNameError.among("bytes_text.library", self.library, get_args(Library))

    @property
    def label(self) -> str:
        """The path, or what it stands for."""
        return self.path or "the standard library"

    def read_documents(self) -> Sequence[bytes]:
        """Every file, sorted by name; raises `InputError` where one is not readable."""
        return _read_files(self.path, self.library)


source = BytesText


def list_files(path: str, library: Library = "sources") -> list[Path]:
    """The files of the corpus, sorted; raises `InputError` where there are none, `RefusedError` without the tests."""
    if path:
        root = Path(path).expanduser()
        if root.is_file():
            return [root]
        if not root.is_dir():
            raise InputError("bytes_text.path", path, "a file or a folder that exists", "check the path")
        return sorted(p for p in root.rglob("*") if p.is_file() and not p.name.startswith("."))
    root = Path(sysconfig.get_paths()["stdlib"])
    files = sorted(root.rglob("*.py"))
    kept = {file: file.relative_to(root).parts[:-1] for file in files}
    kept = {file: parts for file, parts in kept.items() if not any(part.startswith(_LEFT_OUT) for part in parts)}
    tests = [file for file, parts in kept.items() if any(part.startswith(_TESTS) for part in parts)]
    if library == "sources":
        return sorted(kept.keys() - set(tests))
    if len(tests) < FEWEST_TESTS:
        raise RefusedError(
            "bytes_text.library",
            library,
            f"this Python has {len(tests)} test files",
            "install its tests (Debian: libpython3-testsuite) or take library 'sources'",
        )
    return sorted(kept)


def read_sample(path: str, length: int, start: int = 0) -> bytes:
    """`length` bytes from `start` on of the files of the corpus, sorted by name; fewer where there are no more."""
    return _join_files(path)[start : start + length]


@lru_cache(maxsize=1)
def _join_files(path: str) -> bytes:
    return b"".join(_read_files(path, "sources"))


def _read_files(path: str, library: Library) -> list[bytes]:
    try:
        return [file.read_bytes() for file in list_files(path, library)]
    except OSError as error:
        raise InputError("bytes_text.path", path, str(error), "make the files readable") from error
