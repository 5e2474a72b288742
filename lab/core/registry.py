"""Shelves: folders in which one file is one entry and the file's name is the entry's name.

Nothing is registered. A shelf reads the names of its folder and of the same folder under every path in `LAB_PATH`
(a user's own entries), and imports a file only when its entry is asked for. `LAB_PATH` is an environment variable,
so a user's folders reach worker processes by themselves.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import ModuleType
from typing import Any

from lab.core.errors import InputError, UnknownNameError
from lab.core.fingerprint import hash_bytes, hash_file

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Entry:
    """One file on a shelf. `file_hash` (SHA-256) is the identity of a user's entry; a built-in one has a version."""

    shelf: str
    name: str
    path: Path
    builtin: bool
    shadows: bool = False

    @cached_property
    def file_hash(self) -> str:
        """SHA-256 of the entry's file."""
        return hash_file(self.path)

    @property
    def module(self) -> ModuleType:
        """The imported module; raises `InputError` when a user's file does not import."""
        if self.builtin:
            return importlib.import_module(f"{SHELVES[self.shelf].package}.{self.name}")
        # The module's name carries its path so that two users' folders never collide in sys.modules.
        name = f"lab_path_{hash_bytes(str(self.path).encode())[:12]}_{self.name}"
        if name not in sys.modules:
            spec = importlib.util.spec_from_file_location(name, self.path)
            if spec is None or spec.loader is None:
                raise InputError(f"{self.shelf} entry", str(self.path), "the file is not a Python module")
            module = importlib.util.module_from_spec(spec)
            sys.modules[name] = module
            try:
                spec.loader.exec_module(module)
            except Exception as error:
                del sys.modules[name]
                raise InputError(
                    f"{self.shelf} entry {self.path}", str(error), "the file does not import", "mend it and run again"
                ) from error
        return sys.modules[name]


@dataclass(frozen=True)
class Shelf:
    """A folder of entries: `folder` relative to the repository, `attribute` what each file must expose."""

    name: str
    folder: str
    attributes: tuple[str, ...]

    @property
    def package(self) -> str:
        """The import path of the built-in folder."""
        return self.folder.replace("/", ".")

    def entries(self) -> dict[str, Entry]:
        """All entries by name, the user's in place of the built-in ones they shadow. Imports nothing."""
        found = {name: Entry(self.name, name, path, True) for name, path in _scan(ROOT / self.folder)}
        for root in user_paths():
            for name, path in _scan(root / self.user_folder):
                found[name] = Entry(self.name, name, path, False, shadows=name in found)
        return dict(sorted(found.items()))

    @property
    def user_folder(self) -> str:
        """Where a user's entries of this shelf stand below a folder of `LAB_PATH` ('lab/' is dropped)."""
        return self.folder.removeprefix("lab/")

    def names(self) -> list[str]:
        """The entries' names, sorted."""
        return list(self.entries())

    def find(self, name: str) -> Entry:
        """The entry called `name`; raises `UnknownNameError` with the nearest spelling."""
        if (found := self._look_up(name)) is None:
            next_step = f"a new one is one file, {self.user_folder}/{name}.py, in LAB_PATH"
            raise UnknownNameError.among(f"{self.name} entry", name, self.entries(), next_step)
        return found

    def _look_up(self, name: str) -> Entry | None:
        # What `entries` would hold under the name, without reading the folders: a sweep asks for thousands.
        if Path(name).name != name or name.startswith("_"):
            return None
        folders = (ROOT / self.folder, *(root / self.user_folder for root in user_paths()))
        paths = [(folder / f"{name}.py", i == 0) for i, folder in enumerate(folders)]
        files = [(path, builtin) for path, builtin in paths if path.is_file()]
        return Entry(self.name, name, *files[-1], shadows=len(files) > 1) if files else None

    def load(self, name: str) -> Any:
        """What the entry exposes: its one attribute, or its module where the shelf's entries expose several."""
        entry = self.find(name)
        module = entry.module
        missing = [a for a in self.attributes if not hasattr(module, a)]
        if missing:
            raise InputError(
                f"{self.name} entry {entry.path}",
                ", ".join(missing),
                f"each file here exposes {self.attributes}",
                "define what is missing",
            )
        return getattr(module, self.attributes[0]) if len(self.attributes) == 1 else module


def user_paths() -> list[Path]:
    """The folders of `LAB_PATH`, in order; raises `InputError` for one that does not exist."""
    paths = [Path(p).expanduser().resolve() for p in os.environ.get("LAB_PATH", "").split(os.pathsep) if p]
    for path in paths:
        if not path.is_dir():
            raise InputError("LAB_PATH", str(path), "every folder named there exists", "make it or drop it")
    return paths


def _scan(folder: Path) -> list[tuple[str, Path]]:
    return [(p.stem, p) for p in sorted(folder.glob("*.py")) if not p.name.startswith("_")] if folder.is_dir() else []


SHELVES = {
    shelf.name: shelf
    for shelf in (
        Shelf("families", "lab/families", ("family",)),
        Shelf("classifiers", "lab/families/classifiers", ("family",)),
        Shelf("optimizers", "lab/optimizers", ("optimizer",)),
        Shelf("data", "lab/data", ("source",)),
        Shelf("examples", "lab/data/examples", ("source",)),
        Shelf("laws", "lab/scaling/laws", ("law",)),
        Shelf("codes", "lab/complexity/codes", ("code",)),
        Shelf("estimators", "lab/complexity/estimators", ("estimator",)),
        Shelf("automata", "lab/complexity/automata", ("automaton",)),
        Shelf("measures", "lab/calibration/measures", ("measure",)),
        Shelf("recalibrators", "lab/calibration/recalibrators", ("recalibrator",)),
        Shelf("runners", "lab/runners", ("runner",)),
        Shelf("figures", "lab/figures", ("figure",)),
        Shelf("commands", "lab/cli", ("command",)),
        Shelf("pages", "dashboard/pages", ("page",)),
        Shelf("sweeps", "sweeps", ("specs", "judge")),
    )
}


def open_shelf(name: str) -> Shelf:
    """The shelf called `name`."""
    if name not in SHELVES:
        raise UnknownNameError.among("shelf", name, SHELVES)
    return SHELVES[name]


def announce_shadows() -> list[str]:
    """One line for every built-in entry that a user's file replaces."""
    return [
        f"{entry.shelf} '{name}' is yours ({entry.path}) and replaces the built-in one"
        for shelf in SHELVES.values()
        for name, entry in shelf.entries().items()
        if entry.shadows
    ]
