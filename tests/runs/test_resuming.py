"""A worker killed in mid-training: the next call goes on from its checkpoint, to the same bits."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab.core.registry import open_shelf
from lab.runs.driver import run_study
from lab.runs.executor import LocalExecutor
from lab.runs.record import hash_result
from lab.runs.runner import Listener
from lab.runs.store import open_store
from lab.tables import load_runs
from tests.runners.test_train import FIELDS

MORTAL = '''
"""Trains as `train` does, keeps a checkpoint of every step, and is killed by SIGKILL at steps of its choice."""
import os, pathlib
from lab.runners.train import TrainRunner

class Mortal(TrainRunner):
    def run(self, trunk, reporter):
        from lab.training import checkpoint
        checkpoint.SECONDS_BETWEEN = checkpoint.SECONDS_WORTH = 0.0
        save, folder = checkpoint.Keeper._save, pathlib.Path(os.environ["MORTAL"])
        def save_and_die(self, file, position):
            save(self, file, position)
            step = (position.branch or position.trunk)["step"]
            marker = folder / str(step)
            if step in (11, 18, 27) and not marker.exists():
                marker.touch()
                os.kill(os.getpid(), 9)
        checkpoint.Keeper._save = save_and_die
        super().run(trunk, reporter)

runner = Mortal()
'''
SWEEP = '''
"""One trunk with two branches."""
from lab.runs.spec import RunSpec

def specs(preset, table):
    return [RunSpec("mortal", {**FIELDS, "tokens": tokens}) for tokens in (5120, 10240)]

def judge(tables):
    return []
'''


def test_three_kills_cost_nothing_but_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for folder, name, text in (("runners", "mortal", MORTAL), ("sweeps", "one", SWEEP.replace("FIELDS", repr(FIELDS)))):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / f"{name}.py").write_text(text)
    monkeypatch.setenv("LAB_PATH", str(tmp_path))
    monkeypatch.setenv("MORTAL", str(tmp_path))
    store, executor = open_store(tmp_path / "results" / "lab.db"), LocalExecutor(1)
    outcomes = [run_study("one", "any", store, executor, lambda: load_runs(store, "one-any")) for _ in range(4)]
    executor.shutdown()
    assert [(o.done, o.failed) for o in outcomes] == [(0, 2), (0, 2), (1, 1), (1, 0)]
    assert "SIGKILL" in next(iter(outcomes[0].failures.values()))
    runs = {run.fields["tokens"]: run for run in store.runs("one-any")}
    listener = Listener()
    open_shelf("runners").load("train").run([run.fields for run in runs.values()], listener)
    for fields, result in listener.results:
        assert runs[fields["tokens"]].result_hash == hash_result(result)
    assert "went on from a checkpoint" in runs[5120].provenance["notes"][0]
    assert not list(store.folders.checkpoints.iterdir()), "a trunk that is done keeps nothing"
