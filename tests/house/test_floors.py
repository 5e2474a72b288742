"""No import breaks a floor, and heavy libraries stay in their rooms."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from lab.core.registry import SHELVES
from tests.house.modules import FLOORS, ROOT, Module, find_room, list_modules

MODULES = pytest.mark.parametrize("module", list_modules(), ids=lambda module: module.name)

# Where a library may be imported at all: module names, and everything below them.
PLACES = {
    "torch": ("lab.training", "lab.families.nets", "lab.optimizers", "lab.runners"),
    "plotly": ("lab.figures",),
    "matplotlib": ("lab.figures.printing",),
    "streamlit": ("dashboard",),
    "sklearn": ("lab.calibration", "lab.complexity"),
    "numba": ("lab.complexity",),
    "constriction": ("lab.complexity",),
    "sqlalchemy": ("lab.runs",),
    "typer": ("lab.cli",),
    "rich": ("lab.cli",),
}

# Where an import may stand inside a function: module prefix → functions ('' for any).
LATE = {
    "lab.families.factory": "",
    "lab.families": "build",
    "lab.optimizers": "build",
    "lab.runners": "run",
    "lab.cli": "",
}

TORCH_ROOMS = ("lab.training", "lab.families.nets", "lab.optimizers.updates")


@MODULES
def test_imports_go_down(module: Module) -> None:
    room = find_room(module.name)
    for imported in module.imports:
        if imported.target.split(".")[0] not in ("lab", "sweeps", "dashboard"):
            continue
        other = find_room(imported.target)
        assert other == room or FLOORS[other] < FLOORS[room], (
            f"{module.relative}:{imported.line}: {room} (floor {FLOORS[room]}) imports "
            f"{imported.target} (floor {FLOORS[other]})"
        )


@MODULES
def test_entries_do_not_import_entries(module: Module) -> None:
    """What two share is mechanism, and stands one level up or in a room of its own."""
    packages = {shelf.package: shelf for shelf in SHELVES.values()}
    package, _, name = module.name.rpartition(".")
    if package in packages and name in packages[package].names():
        others = {f"{package}.{other}" for other in packages[package].names()} - {module.name}
        found = [i for i in module.imports if _is_below(i.target, tuple(others))]
        assert not found, f"{module.relative}:{found[0].line}: {found[0].target} is an entry beside it"


@MODULES
def test_heavy_libraries_stay_in_their_rooms(module: Module) -> None:
    for imported in module.imports:
        places = PLACES.get(imported.target.split(".")[0])
        if places and not imported.typing_only:
            assert _is_below(module.name, places), (
                f"{module.relative}:{imported.line}: {imported.target} belongs to {', '.join(places)}"
            )


@MODULES
def test_torch_is_no_price_of_an_import(module: Module) -> None:
    """Outside training and nets, torch is imported only inside a function."""
    if not _is_below(module.name, TORCH_ROOMS):
        top = [i for i in module.imports if not i.function and not i.typing_only]
        found = [i for i in top if _is_below(i.target, ("torch", *TORCH_ROOMS))]
        assert not found, f"{module.relative}:{found[0].line}: {found[0].target} at the top"


@MODULES
def test_imports_stand_at_the_top(module: Module) -> None:
    for imported in module.imports:
        if imported.function:
            allowed = [function for place, function in LATE.items() if _is_below(module.name, (place,))]
            assert allowed and allowed[0] in ("", imported.function), (
                f"{module.relative}:{imported.line}: {imported.target} inside {imported.function}()"
            )


def test_importing_the_house_never_loads_torch() -> None:
    """What the reading of source promises, seen in a running interpreter."""
    names = [m.name for m in list_modules("lab", "sweeps") if not _is_below(m.name, TORCH_ROOMS)]
    names = [name for name in names if not name.endswith("__main__")]
    code = (
        "import importlib, sys\n"
        f"for name in {names!r}:\n"
        "    importlib.import_module(name)\n"
        "    assert 'torch' not in sys.modules, name\n"
        "    assert 'streamlit' not in sys.modules, name"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "LAB_PATH": ""}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def _is_below(name: str, places: tuple[str, ...]) -> bool:
    return any(name == place or name.startswith(f"{place}.") for place in places)
