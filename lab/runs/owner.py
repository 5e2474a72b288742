"""Who claims a run: a process, named so that neither a reused pid nor a reboot can be taken for it.

On its own host a process can be asked whether it lives. From elsewhere (another container on the same folder, the same
machine under a new name) only a lock can tell: a driver holds one on a file beside the store, and the kernel lets go of
it when the driver dies.
"""

from __future__ import annotations

import contextlib
import os
import platform
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

try:
    import fcntl
except ImportError:  # Windows has no such locks: an owner elsewhere then counts as alive
    fcntl = None  # type: ignore[assignment]


@dataclass(frozen=True)
class Owner:
    """A driver process: machine, boot, pid and the process's start time."""

    host: str
    boot: str
    pid: int
    started: str

    def to_dict(self) -> dict[str, Any]:
        """Literals for the claim's row."""
        return asdict(self)

    def is_alive(self, locks: Path | None) -> bool:
        """Whether the process still runs; `locks` is the folder of drivers' locks, None where hosts share none.

        One on another host and without a common folder cannot be asked and counts as alive.
        """
        if self.host == platform.node():
            return self.boot == _read_boot() and self.started == _read_start(self.pid)
        return locks is None or fcntl is None or _is_locked(locks / self._lock_name)

    @contextlib.contextmanager
    def hold_lock(self, locks: Path) -> Iterator[None]:
        """Shows to other hosts that this process lives, until the end of the block or of the process."""
        path = locks / self._lock_name
        with path.open("w") as file:
            if fcntl is not None:
                fcntl.flock(file, fcntl.LOCK_SH)
            try:
                yield
            finally:
                path.unlink(missing_ok=True)

    @property
    def _lock_name(self) -> str:
        return f"{self.host}-{self.pid}-{self.started}.driver"


def identify_process() -> Owner:
    """This process."""
    return Owner(platform.node(), _read_boot(), os.getpid(), _read_start(os.getpid()))


def _is_locked(path: Path) -> bool:
    try:
        with path.open() as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def _read_boot() -> str:
    boot = Path("/proc/sys/kernel/random/boot_id")
    return boot.read_text().strip() if boot.exists() else ""


def _read_start(pid: int) -> str:
    """The start time of a living process in clock ticks since boot; '' when it is gone (or a zombie)."""
    try:
        # The command's name, in parentheses, may hold spaces; the fields after it are fixed (proc(5)).
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return "" if Path("/proc/self/stat").exists() else _probe(pid)
    return "" if fields[0] in "ZX" else fields[19]


def _probe(pid: int) -> str:
    """Without /proc (macOS): whether the pid lives is all that can be asked."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return ""
    except PermissionError:
        pass
    return "alive"
