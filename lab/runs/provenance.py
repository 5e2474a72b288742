"""Where, when and with what a run was made. None of it is identity."""

from __future__ import annotations

import hashlib
import os
import platform
import subprocess
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from lab.core.fingerprint import hash_bytes
from lab.core.registry import ROOT

PACKAGES = ("torch", "numpy", "scipy", "pandas", "scikit-learn")


def tell_time() -> str:
    """Now, UTC, ISO 8601 to the second."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def collect_provenance() -> dict[str, Any]:
    """Commit and whether the tree is dirty, versions, machine. Imports none of the packages it names."""
    return {**read_commit(), **describe_machine()}


@cache
def read_commit() -> dict[str, Any]:
    """The code's commit and whether the tree differs from it, as they were when first asked."""
    return {
        "commit": _ask_git("rev-parse", "HEAD"),
        "dirty": bool(_ask_git("status", "--porcelain", "--untracked-files=no")),
    }


@cache
def hash_code() -> str:
    """12 digits of the SHA-256 of the lab's files, as they were when first asked: a commit, and what differs from it.

    Entries of a user's own have the hash of their file in the identity of their runs.
    """
    digest = hashlib.sha256()
    for path in sorted((ROOT / "lab").rglob("*.py")):
        digest.update(f"{path.relative_to(ROOT).as_posix()}\0{hash_bytes(path.read_bytes())}\n".encode())
    return digest.hexdigest()[:12]


@cache
def describe_machine() -> dict[str, Any]:
    """Versions and machine of this process."""
    return {
        "python": platform.python_version(),
        **{name: _find_version(name) for name in PACKAGES},
        "machine": f"{name_processor()}, {os.cpu_count()} cores, {platform.system()} {platform.machine()}",
    }


def _find_version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def _ask_git(*arguments: str) -> str:
    """What git says of the lab's own folder; '' without git or outside a checkout (an installed package)."""
    try:
        answer = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return answer.stdout.strip() if answer.returncode == 0 else ""


def name_processor() -> str:
    """The model of the processor, as the system calls it."""
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text(errors="replace").splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()
