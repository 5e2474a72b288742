"""The documents cannot drift from the code: reference, glossary, tree, versions, links, and every command they name."""

from __future__ import annotations

import importlib.util
import re
import shlex
import subprocess
from types import ModuleType

import pytest

import lab
from lab.core.columns import COLUMNS
from tests.house.modules import FLOORS, ROOT

DOCUMENTS = sorted(p.relative_to(ROOT).as_posix() for p in [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


@pytest.fixture
def reference(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.setenv("LAB_PATH", "")
    spec = importlib.util.spec_from_file_location("reference", ROOT / "docs/reference.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", "docs/cli.md", "docs/glossary.md"])
def test_generated_parts_are_fresh(name: str, reference: ModuleType) -> None:
    assert reference.render_document(name) == read(name), f"{name} has drifted: make docs"


def test_every_generated_part_is_watched(reference: ModuleType) -> None:
    marked = {name for name in DOCUMENTS if ": generated -->" in read(name)}
    assert marked == set(reference.PARTS)


def read_tree() -> dict[str, int | None]:
    """The paths of the README's tree, folders with a trailing '/', and the floor each stands on."""
    block = re.search(r"```text\n(lab/ .*?)```", read("README.md"), re.DOTALL)
    assert block
    floors: dict[str, int | None] = {}
    parent = ""
    for line in block[1].splitlines():
        found = re.match(r"(  )?(\S+) +(?:(\d) )?", line)
        assert found, line
        path = (parent if found[1] else "") + found[2]
        parent = path if not found[1] else parent
        floors[path] = int(found[3]) if found[3] else None
    return floors


def test_the_tree_of_the_readme_is_the_house() -> None:
    floors = read_tree()
    absent = [path for path in floors if not (ROOT / path).exists()]
    assert not absent, "the tree names what is not there"
    rooms = {
        path.rstrip("/").removesuffix(".py").replace("/", "."): floor
        for path, floor in floors.items()
        if floor is not None
    }
    here = {room: floor for room, floor in FLOORS.items() if room != "lab" and list_room(room)}
    assert rooms == here


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="not a clone")
def test_the_tree_of_the_readme_names_every_folder() -> None:
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    folders = {path.split("/")[0] + "/" for path in tracked.splitlines() if "/" in path and not path.startswith(".")}
    assert folders <= read_tree().keys()


def list_room(room: str) -> list[str]:
    path = ROOT / room.replace(".", "/")
    return (
        [p.name for p in path.glob("*.py")]
        if path.is_dir()
        else [p.name for p in [path.with_suffix(".py")] if p.exists()]
    )


def test_the_changelog_begins_with_this_version() -> None:
    found = re.search(r"^## (\S+)", read("CHANGELOG.md"), re.MULTILINE)
    assert found and found[1] == lab.__version__


@pytest.mark.parametrize("name", DOCUMENTS)
def test_links_lead_somewhere(name: str) -> None:
    for target in re.findall(r"\]\(([^)#]+)", read(name)):
        if not re.match(r"https?://", target):
            assert (ROOT / name).parent.joinpath(target).exists(), f"{name} links to {target}"


@pytest.mark.parametrize("name", DOCUMENTS)
def test_commands_in_the_text_exist_with_their_options(name: str, reference: ModuleType) -> None:
    commands = reference.list_commands()
    for line in re.findall(r"(?:^\$ |`)lab ([a-z][^`\n]*)", read(name), re.MULTILINE):
        words = shlex.split(line.split(" #")[0])
        assert words[0] in commands, f"{name}: lab {line}"
        command = commands[words[0]]
        if command.context_settings.get("ignore_unknown_options"):  # a figure's own options are flags too
            continue
        known = {o for p in command.params for o in [*p.opts, *p.secondary_opts]} | {"--help"}
        given = {word.split("=")[0] for word in words if word.startswith("-") and len(word) > 1}
        assert given <= known, f"{name}: lab {line}"


@pytest.mark.parametrize("name", DOCUMENTS)
def test_make_targets_in_the_text_exist(name: str) -> None:
    targets = set(re.findall(r"^([a-z]+):", read("Makefile"), re.MULTILINE))
    named = set(re.findall(r"(?:^|`|=0 |/cpu )make ([a-z]+)", read(name), re.MULTILINE))
    assert named <= targets


def test_columns_named_in_the_text_exist() -> None:
    """Every `params_…`, `…_nats`, `…_bits` and `flops…` in backticks is a column."""
    pattern = re.compile(r"`(params_\w+|\w+_nats|\w+_bits|flops\w*|entropy_rate|unique_tokens)`")
    for name in DOCUMENTS:
        assert set(pattern.findall(read(name))) <= COLUMNS.keys(), name


def test_the_readme_gives_the_two_commands_and_ci_runs_the_second() -> None:
    assert re.search(r"^make demo .*\nmake test ", read("README.md"), re.MULTILINE)
    assert re.search(r"^make test VENV=", read(".ci/run"), re.MULTILINE)
