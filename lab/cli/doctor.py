"""`lab doctor`: is everything here that the lab needs?"""

import os
import platform
import re
import shutil
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import typer

import lab
from lab.cli.console.arguments import AsJson
from lab.cli.console.output import print_json, print_table
from lab.core.errors import LabError
from lab.core.registry import ROOT, announce_shadows, user_paths
from lab.core.units import format_count

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
NEEDED_BYTES = 1e9


@dataclass(frozen=True)
class Check:
    """One thing looked at. `state` is 'ok', 'note' (works without it) or 'broken' (exit code 1)."""

    name: str
    state: str
    found: str
    next_step: str = ""


def command(as_json: AsJson = False) -> None:
    """Check versions, threads, browser, disk, the store's integrity and your LAB_PATH."""
    checks = [*_check_packages(), _check_threads(), _check_browser(), *_check_store(), *_check_user_folders()]
    if as_json:
        print_json({"ok": all(c.state != "broken" for c in checks), "checks": [asdict(c) for c in checks]})
    else:
        print_table(
            "", ("check", "state", "found", "next step"), [(c.name, c.state, c.found, c.next_step) for c in checks]
        )
    if any(check.state == "broken" for check in checks):
        raise typer.Exit(1)


def _check_packages() -> Iterator[Check]:
    yield Check("scaling-lab", "ok", lab.__version__)
    yield Check("python", "ok", f"{platform.python_version()} at {sys.executable}")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    for requirement in project["dependencies"]:
        name = re.split(r"[^\w.-]", requirement)[0]
        try:
            yield Check(name, "ok", version(name))
        except PackageNotFoundError:
            yield Check(name, "broken", "not installed", f"pip install '{requirement}'")


def _check_threads() -> Check:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return Check("processor", "ok", f"{cores} cores; each run trains on one thread, so --workers {cores} uses them all")


def _check_browser() -> Check:
    names = (os.environ.get("LAB_BROWSER", ""), *BROWSERS)
    found = next(filter(None, map(shutil.which, names)), None)
    if found:
        return Check("chromium", "ok", found)
    return Check(
        "chromium", "note", "not found; only the browser tests need it", "install your platform's chromium package"
    )


def _check_store() -> Iterator[Check]:
    from lab.runs.store import find_results, find_store, open_store
    from lab.runs.weights import WeightsFolder

    try:
        location, folder = find_store(), find_results()
        existing = next(p for p in (folder.absolute(), *folder.absolute().parents) if p.exists())
        free = shutil.disk_usage(existing).free
        enough = free > NEEDED_BYTES
        yield Check("disk", "ok" if enough else "note", format_count(free, "B free"), "" if enough else "make room")
        if "://" not in str(location) and not Path(location).exists():
            yield Check("store", "ok", f"{location}: none yet", "lab plan known_entropy")
            return
        problems = open_store(read_only=True).verify()
        yield Check(
            "store", "broken" if problems else "ok", f"{location}: {'; '.join(problems) or 'every record intact'}"
        )
        weights = WeightsFolder(open_store(read_only=True).folders.weights)
        sizes = weights.sizes()
        taken = f"{format_count(sum(sizes.values()), 'B')} of {len(sizes)} runs in {weights.folder}"
        yield Check("weights", "ok", taken, "lab weights STUDY --drop frees them" if sizes else "")
    except LabError as error:
        yield Check("store", "broken", str(error))


def _check_user_folders() -> Iterator[Check]:
    yield Check("LAB_PATH", "ok", ", ".join(map(str, user_paths())) or "not set")
    for line in announce_shadows():
        yield Check("shadow", "note", line)
