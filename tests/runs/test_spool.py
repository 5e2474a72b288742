"""The spool: a result is there whole or not at all, whatever fails while it is written."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lab.core.errors import InputError, LabError
from lab.runs.folders import Folders
from lab.runs.runner import Result
from lab.runs.spool import RESULT as RESULT_SUFFIX
from lab.runs.spool import Spool

RESULT = Result(
    "done", {"loss_nats": 0.1 + 0.2, "floor_nats": None}, {"tokens": [1.0, 2.5]}, {"cells": np.eye(3)},
    {"cpu_seconds": [0.25, 0.5]}, {"cpu_seconds": 1.25}, "",
)  # fmt: skip
STEPS = ((Path, "open"), (os, "fsync"), (Path, "replace"), (os, "open"))


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    made = Spool(tmp_path / "spool")
    made.prepare()
    return made


def read_whole(spool: Spool, key: str) -> bool:
    found = spool.read(key)
    return found is not None and np.array_equal(found.result.arrays["cells"], np.eye(3))


def test_a_result_comes_back_exactly(spool: Spool) -> None:
    spool.put("a" * 16, RESULT, {"commit": "c"})
    assert spool.keys() == ["a" * 16]
    found = spool.read("a" * 16)
    assert found is not None and found.provenance == {"commit": "c"}
    for name in ("status", "metrics", "curve", "timings", "totals", "error"):
        assert getattr(found.result, name) == getattr(RESULT, name)
    spool.drop("a" * 16)
    assert spool.keys() == [] and spool.read("a" * 16) is None


@pytest.mark.parametrize(("module", "name"), STEPS)
@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO, errno.EACCES])
def test_whichever_step_fails_earlier_results_stay_and_nothing_half_is_seen(
    spool: Spool, monkeypatch: pytest.MonkeyPatch, module: Any, name: str, code: int
) -> None:
    spool.put("a" * 16, RESULT, {})

    def fail(*arguments: object, **named: object) -> None:
        raise OSError(code, os.strerror(code))

    with monkeypatch.context() as failing:
        failing.setattr(module, name, fail)
        with pytest.raises(LabError, match="results folder") as caught:
            spool.put("b" * 16, RESULT, {})
    assert caught.value.next_step
    assert read_whole(spool, "a" * 16)
    assert spool.read("b" * 16) is None or read_whole(spool, "b" * 16), "after the rename it is there, only less surely"
    assert not list(spool.folder.glob(".*")), "nothing half written is left"
    spool.put("b" * 16, RESULT, {})
    assert read_whole(spool, "b" * 16)


def test_a_kill_while_writing_leaves_nothing_that_counts(tmp_path: Path) -> None:
    folders, name = Folders(tmp_path, "lab"), "a" * 16
    at_work = folders.weights / f".{name}.npz.124"
    killed = [folders.spool / f".{name}{RESULT_SUFFIX}.123", folders.weights / f".{name}.npz.123"]
    killed.append(folders.checkpoints / f".{name}.pt.123")
    for path in (*killed, at_work):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"half")
    for path in killed:
        os.utime(path, (0, 0))
    assert Spool(folders.spool).keys() == []
    folders.clear_abandoned()
    assert not any(path.exists() for path in killed) and at_work.exists()


def cut(content: bytes) -> bytes:
    return content[: len(content) // 2]


def flip(content: bytes) -> bytes:
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 255]) + content[middle + 1 :]


@pytest.mark.parametrize("spoil", [cut, flip, lambda content: b"", lambda content: b"\x80\x04." + content])
def test_a_damaged_file_is_set_aside(spool: Spool, spoil: Callable[[bytes], bytes]) -> None:
    spool.put("a" * 16, RESULT, {})
    (path,) = spool.folder.glob("*.npz")
    path.write_bytes(spoil(path.read_bytes()))
    assert spool.read("a" * 16) is None
    assert spool.keys() == [] and len(list(spool.folder.glob("*.damaged"))) == 1


def test_a_folder_that_cannot_be_made_is_the_inputs_fault(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="LAB_STORE"):
        Spool(tmp_path / "file" / "spool").prepare()


def test_progress_is_the_share_of_trunks_that_reported_lately(spool: Spool, monkeypatch: pytest.MonkeyPatch) -> None:
    spool.note_progress("a" * 16, 1.0, 4.0)
    spool.note_progress("b" * 16, 0.0, 0.0)
    (spool.folder / "c.progress.json").write_text('{"done": 1')
    assert spool.read_progress() == {"a" * 16: 0.25, "b" * 16: 0.0}
    spool.clear_progress("b" * 16)
    monkeypatch.setattr("lab.runs.spool.STALE_SECONDS", -1.0)
    assert spool.read_progress() == {}


def test_reading_the_progress_of_a_store_never_used_makes_no_folder(tmp_path: Path) -> None:
    assert Spool(tmp_path / "none").read_progress() == {}
    assert not list(tmp_path.iterdir())
