"""A file is written whole or not at all, and never over another."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from lab.cli.console.files import write_whole
from lab.core.errors import InputError


def refuse_links(source: Path, target: Path) -> None:
    raise OSError("no links here")


@pytest.mark.parametrize("links", [True, False])
def test_a_file_is_written_and_nothing_beside_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, links: bool) -> None:
    if not links:
        monkeypatch.setattr(os, "link", refuse_links)
    write_whole(tmp_path / "out", b"content")
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"out": b"content"}


@pytest.mark.parametrize("links", [True, False])
def test_what_was_made_in_the_meantime_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, links: bool) -> None:
    """It comes after every look, at the last moment before the move."""
    link = os.link

    def make_first(source: Path, target: Path) -> None:
        target.write_bytes(b"of another")
        (link if links else refuse_links)(source, target)

    monkeypatch.setattr(os, "link", make_first)
    monkeypatch.setattr(Path, "replace", lambda part, path: make_first(part, path))
    with pytest.raises(InputError, match="exists already"):
        write_whole(tmp_path / "out", b"content")
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"out": b"of another"}


def test_a_full_disk_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(descriptor: int) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="no space"):
        write_whole(tmp_path / "out", b"content")
    assert not list(tmp_path.iterdir())
