"""`lab forecast`: sealed before, graded after, refused where it would be hindsight."""

from __future__ import annotations

import json
import sqlite3
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.cli.driving import Terminal
from tests.synthetic import make_tables

POINT = "N=4e5,D=8e6"
COLUMNS = ["params_total", "tokens", "loss_nats", "trunk_key", "seed", "accuracy_top1"]


@pytest.fixture
def runs(terminal: Terminal) -> Path:
    path = terminal.folder / "runs.csv"
    make_tables(rates=(0.02,)).runs[COLUMNS].to_csv(path, index=False)
    return path


def read(terminal: Terminal, *arguments: str | Path) -> dict:
    done = terminal.run("forecast", *arguments, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_sealed_and_then_graded_by_itself(terminal: Terminal, runs: Path) -> None:
    sealed = read(terminal, runs, "--at", POINT, "--note", "before it is trained")
    assert sealed["number"] == 1 and len(sealed["hash"]) == 64
    low, high = sealed["sealed"]["outlook"]["intervals"]["0.95"]
    assert low < sealed["sealed"]["outlook"]["value"] < high
    ledger = read(terminal, "--list")
    assert ledger["head"] == sealed["hash"]
    assert [forecast["state"] for forecast in ledger["forecasts"]] == ["open"]
    time.sleep(1.1)  # the store's clock counts seconds, and a run of the same second does not count as later
    arrived = terminal.folder / "arrived.csv"
    row = {"params_total": 4.01e5, "tokens": 8e6, "loss_nats": (low + high) / 2, "trunk_key": "new", "seed": 7}
    pd.DataFrame([row]).to_csv(arrived, index=False)
    assert terminal.run("import", arrived).returncode == 0
    (graded,) = read(terminal, "--grade")["forecasts"]
    assert graded["state"] == "graded" and graded["imported"] and graded["inside"]["0.95"]
    assert graded["observed"] == pytest.approx((low + high) / 2) and abs(graded["z"]) < 1
    done = terminal.run("forecast", "--list")
    assert "inside" in done.stdout and "coverage of the 95% interval" in done.stdout and "imported" in done.stdout
    assert "already" not in terminal.refuse("forecast", runs, "--at", POINT)
    assert "before the run exists" in terminal.refuse("forecast", runs, "--at", POINT), "the store has it now"


def test_refusals(terminal: Terminal, runs: Path) -> None:
    there = pd.read_csv(runs).iloc[0]
    assert "before the run exists" in terminal.refuse(
        "forecast", runs, "--at", f"N={there.params_total},D={there.tokens}"
    )
    assert "--list" in terminal.refuse("forecast", runs)
    assert "did you mean 'tokens'" in terminal.refuse("forecast", runs, "--at", "N=1e6,token=1e9")
    assert "is a number" in terminal.refuse("forecast", runs, "--at", "N=1e6,D=many")
    assert "positive" in terminal.refuse("forecast", runs, "--at", "N=1e6,D=-1")
    assert "needs tokens" in terminal.refuse("forecast", runs, "--at", "N=1e6")
    pd.read_csv(runs).iloc[:3].to_csv(terminal.folder / "few.csv", index=False)
    assert "chinchilla" in terminal.refuse("forecast", terminal.folder / "few.csv", "--at", POINT)
    assert read(terminal, "--list")["forecasts"] == [], "nothing was sealed"


def test_an_empty_ledger_says_what_to_do(terminal: Terminal) -> None:
    done = terminal.run("forecast", "--list")
    assert done.returncode == 0 and "lab forecast STUDY --at" in done.stdout


def test_doctor_finds_a_changed_forecast(terminal: Terminal, runs: Path) -> None:
    read(terminal, runs, "--at", POINT)
    assert terminal.run("doctor").returncode == 0
    connection = sqlite3.connect(terminal.folder / "results" / "lab.db")
    connection.execute("DROP TRIGGER forecasts_keep_update")
    connection.execute("UPDATE forecasts SET content = replace(content, '8000000', '9000000')")
    connection.commit()
    connection.close()
    done = terminal.run("doctor")
    assert done.returncode == 1 and "forecast 1" in done.stdout
    (entry,) = read(terminal, "--list")["forecasts"]
    assert entry["state"] == "damaged"
    assert "damaged" in terminal.run("forecast", "--list").stdout


def test_an_accuracy_goes_by_the_loss(terminal: Terminal) -> None:
    table = make_tables(rates=(0.02,), trunk_noise=0.0).runs
    table["accuracy_top1"] = 0.95 - 0.7 / (1 + np.exp(-4 * (table["loss_nats"] - 2.2)))
    table["trunk_key"] = table["run_key"]
    table[COLUMNS].to_csv(terminal.folder / "runs.csv", index=False)
    sealed = read(terminal, terminal.folder / "runs.csv", "--at", POINT, "--measure", "accuracy_top1")["sealed"]
    low, high = sealed["outlook"]["intervals"]["0.95"]
    assert 0 < low < 0.95 - 0.7 / (1 + np.exp(-4 * (1.4807 - 2.2))) < high < 1
    assert [law["law"] for law in sealed["laws"]] == ["chinchilla", "downstream_sigmoid"]
    message = terminal.refuse("forecast", terminal.folder / "runs.csv", "--at", POINT, "--measure", "hellaswag")
    assert "no run of the study has it" in message
