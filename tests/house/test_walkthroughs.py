"""The walkthroughs of CONTRIBUTING.md work as they stand: their files, in a folder of LAB_PATH, then their commands."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.modules import ROOT

TEXT = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
FILES = dict(re.findall(r"```python\n# (\S+)\n(.*?)```", TEXT, re.DOTALL))
COMMANDS = [
    c for block in re.findall(r"```console\n(.*?)```", TEXT, re.DOTALL) for c in re.findall(r"^\$ (.*)", block, re.M)
]


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """The repository as somebody would have it in front of them, with `lab` and `pytest` on the PATH."""
    for name in ("lab", "sweeps", "dashboard", "tests", "docs", "pyproject.toml", "CONTRIBUTING.md"):
        (tmp_path / name).symlink_to(ROOT / name)
    (tmp_path / "bin").mkdir()
    for name, module in {"lab": "lab.cli", "pytest": "pytest"}.items():
        script = tmp_path / "bin" / name
        script.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m {module} "$@"\n')
        script.chmod(0o755)
    return tmp_path


def test_the_shelves_are_walked_through() -> None:
    assert [Path(path).parent.as_posix() for path in FILES] == [
        "mine/data", "mine/families", "mine/families", "mine/optimizers", "mine/scaling/laws", "mine/figures",
        "mine/sweeps",
    ]  # fmt: skip


def test_walkthroughs_work_as_they_stand(clone: Path) -> None:
    for path, content in FILES.items():
        (clone / path).parent.mkdir(parents=True, exist_ok=True)
        (clone / path).write_text(content, encoding="utf-8")
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("LAB_", "PYTEST"))}
    environment["LAB_STORE"] = str(clone / "results" / "lab.db")
    environment |= {
        "PATH": f"{clone / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "NO_COLOR": "1",
    }
    script = "set -e\n" + "\n".join(f"echo '$ {c}'\n{c}" for c in COMMANDS)
    done = subprocess.run(
        ["bash", "-c", script], cwd=clone, env=environment, capture_output=True, text=True, timeout=600
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    for name in (Path(path).stem for path in FILES):
        assert name in done.stdout
