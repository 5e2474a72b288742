"""Shelves: discovered by file name, extended by LAB_PATH, loaded only when asked."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab.core.errors import InputError, UnknownNameError
from lab.core.fingerprint import hash_file
from lab.core.registry import announce_shadows, open_shelf


@pytest.fixture
def mine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "families").mkdir()
    (tmp_path / "scaling" / "laws").mkdir(parents=True)
    monkeypatch.setenv("LAB_PATH", str(tmp_path))
    return tmp_path


def test_a_file_is_an_entry(mine: Path) -> None:
    before = open_shelf("families").names()
    (mine / "families" / "mine.py").write_text('"""Mine."""\nfamily = "the entry"\n')
    (mine / "families" / "_draft.py").write_text("raise RuntimeError")
    assert open_shelf("families").names() == sorted([*before, "mine"])
    entry = open_shelf("families").find("mine")
    assert not entry.builtin and not entry.shadows
    assert entry.file_hash == hash_file(entry.path)
    assert open_shelf("families").load("mine") == "the entry"


def test_folders_mirror_the_shelf_without_lab(mine: Path) -> None:
    (mine / "scaling" / "laws" / "mine.py").write_text("law = 1\n")
    assert open_shelf("laws").load("mine") == 1


def test_a_shadow_is_announced(mine: Path) -> None:
    (mine / "families" / "lstm.py").write_text("family = 2\n")
    assert open_shelf("families").load("lstm") == 2
    (line,) = announce_shadows()
    assert "'lstm'" in line and str(mine) in line


def test_listing_imports_nothing(mine: Path) -> None:
    (mine / "families" / "broken.py").write_text("raise RuntimeError('on import')\n")
    assert "broken" in open_shelf("families").names()
    with pytest.raises(InputError, match="on import"):
        open_shelf("families").load("broken")


def test_an_entry_that_exposes_nothing_is_named(mine: Path) -> None:
    (mine / "families" / "empty.py").write_text('"""Nothing."""\n')
    with pytest.raises(InputError, match="family"):
        open_shelf("families").load("empty")


def test_a_typo_is_answered_with_the_nearest_name() -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'transformer'"):
        open_shelf("families").load("transfomer")
    with pytest.raises(UnknownNameError, match="did you mean 'families'"):
        open_shelf("familys")


def test_a_missing_folder_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAB_PATH", "/nowhere")
    with pytest.raises(InputError, match="/nowhere"):
        open_shelf("families").names()
