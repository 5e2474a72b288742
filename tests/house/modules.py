"""The house as it stands on disk: every module, where it lives, and what it imports."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

# DESIGN: each floor imports only strictly lower ones. A room is a folder (or a single module); `lab` itself is the
# lazy door that knows only the version.
FLOORS = {
    "lab.core": 0,
    "lab": 0,
    "lab.data": 1,
    "lab.families": 1,
    "lab.optimizers": 1,
    "lab.scaling": 1,
    "lab.calibration": 1,
    "lab.complexity": 1,
    "lab.training": 2,
    "lab.runs": 2,
    "lab.runners": 3,
    "lab.tables": 3,
    "lab.analysis": 4,
    "lab.figures": 5,
    "sweeps": 5,
    "lab.report": 6,
    "lab.cli": 7,
    "lab.api": 7,
    "dashboard": 7,
}


@dataclass(frozen=True)
class Import:
    """One imported module: its line, the function it stands in ('' at the top), whether only type checkers see it."""

    target: str
    line: int
    function: str
    typing_only: bool


@dataclass(frozen=True)
class Module:
    path: Path

    @property
    def relative(self) -> str:
        return self.path.relative_to(ROOT).as_posix()

    @property
    def name(self) -> str:
        return self.relative.removesuffix(".py").removesuffix("/__init__").replace("/", ".")

    @cached_property
    def source(self) -> str:
        return self.path.read_text(encoding="utf-8")

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.source, self.relative)

    @cached_property
    def imports(self) -> list[Import]:
        return list(_walk_imports(self.tree, self.name, function="", typing_only=False))


@cache
def list_modules(*folders: str) -> tuple[Module, ...]:
    """The modules of the library (lab, sweeps, dashboard), or of the folders named."""
    found = (path for folder in folders or ("lab", "sweeps", "dashboard") for path in (ROOT / folder).rglob("*.py"))
    return tuple(Module(path) for path in sorted(found))


def find_room(module: str) -> str:
    """The room of a module of ours; raises `KeyError` for a folder that has no floor."""
    parts = module.split(".")
    two = ".".join(parts[:2])
    return two if two in FLOORS else _known(parts[0] if parts[0] != "lab" or len(parts) == 1 else two)


def _known(room: str) -> str:
    if room not in FLOORS:
        raise KeyError(f"{room} stands on no floor: add it to FLOORS, and to the tree in README.md")
    return room


def _walk_imports(node: ast.AST, module: str, function: str, typing_only: bool) -> Iterator[Import]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import):
            for alias in child.names:
                yield Import(alias.name, child.lineno, function, typing_only)
        elif isinstance(child, ast.ImportFrom):
            assert child.level == 0, f"{module}:{child.lineno}: imports are absolute"
            assert child.module
            for alias in child.names:  # `from lab import api` reaches the module lab.api
                yield Import(_resolve(child.module, alias.name), child.lineno, function, typing_only)
        elif isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            for branch, seen in ((child.body, True), (child.orelse, typing_only)):
                yield from _walk_imports(ast.Module(branch, []), module, function, seen)
        else:
            inside = child.name if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef) else function
            yield from _walk_imports(child, module, inside, typing_only)


def _resolve(module: str, name: str) -> str:
    below = ROOT / module.replace(".", "/") / name
    return f"{module}.{name}" if below.is_dir() or below.with_suffix(".py").exists() else module
