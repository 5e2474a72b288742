"""Set-up says what it needs: the browser script finds, installs or explains; make names a Python that is too old."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.house.modules import ROOT

BROWSER = ROOT / ".ci/browser"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A PATH on which only what a test puts there is found, and where waiting takes no time."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("sh", "cat", "id", "env", "touch", "chmod"):
        (folder / name).symlink_to(str(shutil.which(name)))
    write_program(folder / "sleep", "exit 0")
    write_program(folder / "sudo", 'shift; exec "$@"')
    return folder


def write_program(path: Path, body: str) -> None:
    path.write_text(f"#!{shutil.which('sh')}\n{body}\n")
    path.chmod(0o755)


def look(path: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([BROWSER], env={"PATH": str(path), **environment}, capture_output=True, text=True, timeout=60)


@pytest.mark.skipif(os.uname().sysname != "Linux", reason="a Mac has its browsers elsewhere")
def test_without_browser_and_package_manager_it_says_what_to_install(path: Path) -> None:
    done = look(path)
    assert (done.returncode, done.stdout) == (1, "")
    assert "apt-get install chromium" in done.stderr
    assert "LAB_BROWSER" in done.stderr


@pytest.mark.parametrize("name", ["chromium", "google-chrome", "microsoft-edge"])
def test_an_installed_browser_is_found(path: Path, name: str) -> None:
    write_program(path / name, "exit 0")
    assert look(path).stdout.strip() == str(path / name)


def test_the_users_choice_comes_first(path: Path, tmp_path: Path) -> None:
    write_program(path / "chromium", "exit 0")
    write_program(tmp_path / "mine", "exit 0")
    assert look(path, LAB_BROWSER=str(tmp_path / "mine")).stdout.strip() == str(tmp_path / "mine")


@pytest.mark.skipif(os.uname().sysname != "Linux", reason="apt-get")
def test_the_package_is_installed_once_the_lock_is_free(path: Path, tmp_path: Path) -> None:
    """apt-get fails twice, as it does while another one runs, then makes the browser."""
    count, browser = tmp_path / "count", path / "chromium"
    write_program(
        path / "apt-get",
        f'case "$*" in *install*) ;; *) exit 0;; esac\n'
        f'echo x >> "{count}"; [ "$(cat "{count}")" = "x\nx\nx" ] || exit 100\n'
        f'touch "{browser}"; chmod +x "{browser}"',
    )
    done = look(path)
    assert done.stdout.strip() == str(browser), done.stderr
    assert count.read_text() == "x\n" * 3


def test_a_python_that_is_too_old_is_named(path: Path, tmp_path: Path) -> None:
    write_program(path / "python3", "exit 1")
    environment = {**os.environ, "PATH": f"{path}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(
        ["make", "test", f"VENV={tmp_path / 'venv'}"], cwd=ROOT, env=environment, capture_output=True, text=True
    )
    assert done.returncode
    assert "needs Python 3.11 or newer" in done.stderr
    assert not (tmp_path / "venv").exists()
