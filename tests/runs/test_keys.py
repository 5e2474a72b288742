"""Keys: those of the archives in results/ are what they were, and what computes the numbers is part of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab.core.registry import ROOT, open_shelf
from lab.runners import transmit
from lab.runs.archive import read_archive
from lab.runs.spec import RunSpec

ARCHIVES = sorted((ROOT / "results").glob("*.parquet"))
SAMPLE = 40


@pytest.mark.parametrize("path", ARCHIVES, ids=lambda path: path.stem)
def test_archived_keys_are_reproduced(path: Path) -> None:
    """Some of each: where a key moved on purpose, its archive is made anew."""
    runs = read_archive(path).runs
    for run in runs[:: max(1, len(runs) // SAMPLE)]:
        spec = RunSpec(run.runner, run.fields)
        assert (spec.key, spec.trunk_key) == (run.key, run.trunk_key)


def test_a_runner_of_another_version_has_other_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    fields = {"kl_weight": 1.0}
    first = RunSpec("weigh", fields)
    assert first.identity["runner"] == "weigh"
    monkeypatch.setattr(type(open_shelf("runners").load("weigh")), "version", 2)
    second = RunSpec("weigh", fields)
    assert second.identity["runner"] == {"name": "weigh", "version": 2}
    assert first.key != second.key and first.trunk_key != second.trunk_key


def test_a_users_runner_is_known_by_its_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same name and fields, but another file."""
    keys = set()
    for number in (1, 2):
        path = tmp_path / str(number) / "runners" / "mine.py"
        path.parent.mkdir(parents=True)
        path.write_text(f"from lab.runners.weigh import WeighRunner\nSECONDS = {number}\nrunner = WeighRunner()\n")
        monkeypatch.setenv("LAB_PATH", str(tmp_path / str(number)))
        keys.add(RunSpec("mine", {"kl_weight": 1.0}).key)
    assert len(keys) == 2


def test_other_digits_have_other_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    ours = RunSpec("transmit", {}).key
    monkeypatch.setattr(transmit, "hash_images", lambda: "0" * 64)
    other = RunSpec("transmit", {})
    assert other.identity["content"] == "0" * 64 and other.key != ours
