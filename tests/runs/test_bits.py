"""Every family, classifiers too: the same specs give the same bits in this process, by one worker and by two."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab.core.registry import open_shelf
from lab.runs.driver import run_study
from lab.runs.executor import Executor, LocalExecutor
from lab.runs.store import open_store
from lab.tables import load_runs
from tests.runners import test_classify, test_train
from tests.runs.drive import Here

FAMILIES, CLASSIFIERS = open_shelf("families").names(), open_shelf("classifiers").names()
FIELDS = {
    "TRAIN": test_train.FIELDS,
    "CLASSIFY": {**test_classify.FIELDS, "steps": 10},
    "FAMILIES": FAMILIES,
    "CLASSIFIERS": CLASSIFIERS,
}
SWEEP = '''
"""A run of every family."""
from lab.runs.spec import RunSpec

def specs(preset, table):
    trained = [RunSpec("train", {**TRAIN, "family": {"name": name}, "tokens": 2560}) for name in FAMILIES]
    return trained + [RunSpec("classify", {**CLASSIFY, "family": {"name": name}}) for name in CLASSIFIERS]

def judge(tables):
    return []
'''


def test_workers_are_no_part_of_a_result(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "sweeps").mkdir()
    text = SWEEP
    for name, value in FIELDS.items():
        text = text.replace(name, repr(value))
    (tmp_path / "sweeps" / "every.py").write_text(text)
    monkeypatch.setenv("LAB_PATH", str(tmp_path))
    found = [
        drive(tmp_path / str(n), executor) for n, executor in enumerate((Here(), LocalExecutor(1), LocalExecutor(2)))
    ]
    assert len(found[0]) == len(FAMILIES) + len(CLASSIFIERS)
    assert found[0] == found[1] == found[2]


def drive(folder: Path, executor: Executor) -> dict[str, str | None]:
    """The hash of every result by its key."""
    store = open_store(folder / "lab.db")
    outcome = run_study("every", "any", store, executor, lambda: load_runs(store, "every-any"))
    executor.shutdown()
    assert outcome.done == len(FAMILIES) + len(CLASSIFIERS)
    return {run.key: run.result_hash for run in store.runs("every-any")}
