"""Drives the real command line in a process of its own, in an empty folder with its own store."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Terminal:
    """A terminal in `folder`: results and files of a test stay there."""

    folder: Path

    @property
    def environment(self) -> dict[str, str]:
        inherited = {k: v for k, v in os.environ.items() if not k.startswith(("LAB_", "COLUMNS"))}
        own = {"LAB_STORE": str(self.folder / "results" / "lab.db"), "LAB_ARCHIVES": str(self.folder)}
        return {**inherited, **own, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "NO_COLOR": "1"}

    def run(self, *arguments: str | Path, timeout: float = 120, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "lab.cli", *map(str, arguments)],
            cwd=self.folder,
            env={**self.environment, **environment},
            capture_output=True,
            text=True,
            timeout=timeout,
        )

    def refuse(self, *arguments: str | Path, code: int = 2, **environment: str) -> str:
        """Run what must fail cleanly: the exit code, one message on stderr, no traceback. Returns the message."""
        done = self.run(*arguments, **environment)
        assert done.returncode == code, (done.returncode, done.stdout, done.stderr)
        assert "Traceback" not in done.stderr + done.stdout
        assert done.stderr.count("error:") <= 1
        assert done.stderr.strip(), "a refusal says why"
        return " ".join(done.stderr.split())
