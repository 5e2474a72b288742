"""Who claims a run: a process, named so that neither a reused pid nor a reboot can be taken for it."""

from __future__ import annotations

import os
import platform
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any


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

    def is_alive(self) -> bool:
        """Whether the process still runs. One on another machine cannot be asked and counts as alive."""
        if self.host != platform.node():
            return True
        return self.boot == _read_boot() and self.started == _read_start(self.pid)


def identify_process() -> Owner:
    """This process."""
    return Owner(platform.node(), _read_boot(), os.getpid(), _read_start(os.getpid()))


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
    return "" if fields[0] == "Z" else fields[19]


def _probe(pid: int) -> str:
    """Without /proc (macOS): whether the pid lives is all that can be asked."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return ""
    except PermissionError:
        pass
    return "alive"
