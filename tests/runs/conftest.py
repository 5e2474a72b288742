"""A runner without torch and a sweep of short runs, on shelves of their own in LAB_PATH."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.runs.drive import Drivers

RUNNER = '''
"""Sleeps, then gives a curve that follows from its fields alone."""
import os, time
import numpy as np
from lab.core.errors import InputError
from lab.core.seeds import open_stream
from lab.runs.runner import Cost, Result, Runner

class Toy(Runner):
    horizon = "tokens"
    def identify(self, fields):
        return dict(fields)
    def describe(self, fields):
        return {"family": "toy", "size": fields["size"], "seed": fields["seed"], "tokens": fields["tokens"],
                "flops": 6.0 * fields["size"] * fields["tokens"]}
    def estimate(self, trunk, flops_per_second):
        flops = sum(6.0 * f["size"] * f["tokens"] for f in trunk)
        return Cost(flops, flops / flops_per_second, 100.0)
    def run(self, trunk, reporter):
        for done, fields in enumerate(trunk):
            trouble = fields.get("trouble", "")
            if trouble == "raise":
                raise ValueError("no such luck")
            if trouble == "refuse":
                raise InputError("toy", 3, "must be even")
            if trouble == "die" and not os.path.exists(fields["marker"]):
                open(fields["marker"], "w").close()
                os.kill(os.getpid(), 9)
            if trouble == "hang":
                time.sleep(600)
            if trouble == "silent":
                return
            time.sleep(fields.get("seconds", 0.0))
            reporter.emit(fields, give_result(fields))
            if log := os.environ.get("TOY_LOG"):
                with open(log, "a") as file:
                    file.write(f"{os.getpid()} {fields['size']} {fields['tokens']}\\n")
            reporter.advance(done + 1, len(trunk))

def give_result(fields):
    if fields.get("trouble") in ("failed", "diverged"):
        return Result(fields["trouble"], error="as asked")
    losses = open_stream(fields["seed"], fields["size"], fields["tokens"]).random(5).tolist()
    return Result(
        "done", {"loss_nats": losses[-1], "floor_nats": float("nan")},
        {"tokens": [1.0, 2.0, 3.0, 4.0, 5.0], "loss_nats": losses, "train_loss_nats": [None] * 5},
        {"cells": np.arange(fields["size"])}, {"cpu_seconds": [0.1] * 5}, {"cpu_seconds": 0.5},
    )

runner = Toy()
'''

SWEEP = '''
"""A toy sweep: nothing published, nothing claimed."""
import json, os
from lab.runs.spec import RunSpec

def specs(preset, table):
    grid = json.loads(os.environ["TOY_GRID"])
    first = [RunSpec("toy", fields, "search") for fields in grid]
    if preset == "two_stages" and len(table) and (table["status"] == "done").sum() >= len(first):
        return first + [RunSpec("toy", {"size": 99, "seed": 0, "tokens": 10})]
    if preset == "endless":
        return first + [RunSpec("toy", {"size": 99, "seed": len(table), "tokens": 10})]
    return first

def judge(tables):
    return []
'''


@pytest.fixture
def toy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """LAB_PATH with the toy runner and sweep; returns the folder for the store."""
    for folder, name, text in (("runners", "toy.py", RUNNER), ("sweeps", "toy_sweep.py", SWEEP)):
        (tmp_path / "path" / folder).mkdir(parents=True)
        (tmp_path / "path" / folder / name).write_text(text)
    monkeypatch.setenv("LAB_PATH", str(tmp_path / "path"))
    monkeypatch.setenv("TOY_GRID", "[]")
    return tmp_path / "results"


@pytest.fixture(scope="session")
def drivers() -> Iterator[Drivers]:
    server = Drivers()
    yield server
    server.close()
