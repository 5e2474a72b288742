"""`lab fit` with losses and interval methods, and `lab audit`, on somebody's file."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.cli.driving import Terminal
from tests.synthetic import make_tables

TRUTH = {"E": 1.69, "A": 406.4, "B": 410.7, "alpha": 0.34, "beta": 0.28}
MAP = ("--map", "N=n,D=d,L=loss")


@pytest.fixture
def runs(terminal: Terminal) -> Path:
    """Sixty independent runs of Hoffmann's law about the optimum of six budgets, half a percent of scatter."""
    compute = np.repeat(np.geomspace(6e18, 3e21, 6), 10)
    n = 0.1 * compute**0.5 * np.tile(np.geomspace(1 / 8, 8, 10), 6)
    d = compute / 6 / n
    loss = TRUTH["E"] + TRUTH["A"] * n ** -TRUTH["alpha"] + TRUTH["B"] * d ** -TRUTH["beta"]
    loss = loss * np.exp(0.003 * np.random.default_rng(3).standard_normal(60))
    path = terminal.folder / "runs.csv"
    pd.DataFrame({"n": n, "d": d, "loss": loss, "seed": np.arange(60) % 3}).to_csv(path, index=False)
    return path


def test_loss_and_interval_are_the_askers(terminal: Terminal, runs: Path) -> None:
    done = terminal.run("fit", runs, *MAP, "--law", "chinchilla", "--loss", "squares", "--interval", "profile")
    assert done.returncode == 0, done.stderr
    assert "least squares on the log loss" in done.stdout and "profile likelihood, F(1, 55)" in done.stdout
    assert "runs for ±5%" in done.stdout
    told = json.loads(terminal.run("fit", runs, *MAP, "--law", "chinchilla", "--loss", "absolute", "--json").stdout)
    assert told["loss"] == "least absolute deviations on the log loss"
    needed, alpha = told["units_needed"], next(e for e in told["estimates"] if e["name"] == "alpha")
    wide = (alpha["high"] - alpha["low"]) / (0.1 * alpha["value"])
    assert needed["alpha"] == pytest.approx(60 * wide**2, rel=0.05)


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("--loss", "hubert:0.1"), "did you mean 'huber"),
        (("--loss", "huber:wide"), "a number follows the colon"),
        (("--loss", "huber:-1"), "positive"),
        (("--interval", "profile"), "not for Huber"),
        (("--interval", "wald"), "known: components"),
        (("--width", "0"), "positive share"),
    ],
)
def test_what_makes_no_sense_is_refused(terminal: Terminal, runs: Path, arguments: tuple[str, str], named: str) -> None:
    assert named in terminal.refuse("fit", runs, *MAP, "--law", "chinchilla", *arguments)


def test_runs_that_no_law_is_fitted_to_are_told(terminal: Terminal, runs: Path) -> None:
    table = pd.read_csv(runs).assign(family=["dense"] * 40 + ["sparse"] * 20)
    table.to_csv(terminal.folder / "families.csv", index=False)
    done = terminal.run("fit", "families.csv", *MAP, "--law", "chinchilla", "--json")
    assert json.loads(done.stdout)["data"]["rows"] == 40
    assert (
        "20 of 60 runs are not fitted: 20 another family, optimizer, source, dials or settings than most runs"
        in done.stderr
    )
    assert "not fitted" not in terminal.run("fit", runs, *MAP, "--law", "chinchilla").stderr
    assert "not fitted" not in terminal.run("compare-recipes", "families.csv", *MAP, "--by", "family").stderr


def test_an_audit_tells_a_fit_that_stopped_early_from_one_that_did_not(terminal: Terminal, runs: Path) -> None:
    early = "E=1.9,A=300,B=700,alpha=0.33,beta=0.31"
    done = terminal.run("audit", runs, *MAP, "--parameters", early)
    assert done.returncode == 0 and "stopped early" in done.stdout and "times the least" in done.stdout
    stuck = terminal.run("audit", runs, *MAP, "--parameters", early, "--start", early, "--json")
    assert json.loads(stuck.stdout)["verdict"] == "stuck at its start"
    best = json.loads(terminal.run("fit", runs, *MAP, "--law", "chinchilla", "--json").stdout)["estimates"]
    ours = ",".join(f"{e['name']}={e['value']!r}" for e in best if e["name"] != "a")
    told = json.loads(terminal.run("audit", runs, *MAP, "--parameters", ours, "--json").stdout)
    assert told["verdict"] == "converged" and not told["outside_the_interval"]


def test_an_audit_asks_for_every_parameter(terminal: Terminal, runs: Path) -> None:
    assert "every parameter is given" in terminal.refuse("audit", runs, *MAP, "--parameters", "E=1.7")
    assert "every value is a number" in terminal.refuse("audit", runs, *MAP, "--parameters", "E=x")


def test_a_law_with_dials_and_a_column_of_errors(terminal: Terminal, runs: Path) -> None:
    table = pd.read_csv(runs)
    table.assign(se=np.where(np.arange(60) % 2, 0.02, 0.001)).to_csv(runs, index=False)
    pinned = ("fit", runs, *MAP, "--against", "compute", "--json", "--law")
    free = json.loads(terminal.run(*pinned, "pure_power").stdout)["estimates"][1]["value"]
    floored = json.loads(terminal.run(*pinned, "speedup:floor_nats=1.69").stdout)["estimates"][1]["value"]
    assert floored > 2 * free > 0
    assert "did you mean 'floor_nats'" in terminal.refuse(*pinned, "speedup:floor=1")
    assert "it has no dials" in terminal.refuse(*pinned, "power:a=1")
    joint = ("fit", runs, *MAP, "--law", "chinchilla", "--loss", "squares", "--json")
    told, blind = (json.loads(terminal.run(*joint, *extra).stdout) for extra in (("--error", "se"), ()))
    assert told["data"]["sha256"] != blind["data"]["sha256"] and told["status"] == "converged"
    assert "known: " in terminal.refuse(*joint, "--error", "nothing")


def test_what_was_left_out_is_said(terminal: Terminal) -> None:
    table = make_tables(rates=(0.01, 0.02, 0.04)).runs
    path = terminal.folder / "searched.csv"
    table.to_csv(path, index=False)
    told = json.loads(terminal.run("fit", path, "--law", "chinchilla", "--json").stdout)
    assert "not at the best learning rate" in {row["reason"] for row in told["excluded"]}
    assert len(told["excluded"]) == len(table) - told["data"]["rows"]
    assert "not fitted" in terminal.run("fit", path, "--law", "chinchilla").stderr


@pytest.mark.parametrize(
    ("law", "named"), [("mixture_of_experts", "needs experts"), ("kaplan_steps", "needs min_steps")]
)
def test_a_law_of_columns_that_are_not_there_is_refused_by_their_name(
    terminal: Terminal, runs: Path, law: str, named: str
) -> None:
    assert named in terminal.refuse("fit", runs, *MAP, "--law", law)


def test_a_table_wider_than_the_terminal_breaks_no_number(terminal: Terminal, runs: Path) -> None:
    """On a terminal of 60 columns the columns stand in several tables; in a pipe they stay in one."""
    leader, follower = pty.openpty()
    environment = {**terminal.environment, "COLUMNS": "60", "TERM": "xterm"}
    arguments = [sys.executable, "-m", "lab.cli", "fit", str(runs), *MAP, "--law", "chinchilla"]
    with subprocess.Popen(arguments, stdout=follower, stderr=subprocess.DEVNULL, env=environment) as process:
        os.close(follower)
        shown = b""
        with suppress(OSError):  # how a pseudo-terminal says that the other end is closed
            while part := os.read(leader, 4096):
                shown += part
    os.close(leader)
    assert process.returncode == 0
    rows = [line for line in shown.decode().splitlines() if line.startswith(" alpha ")]
    assert rows and all(len(row) <= 60 for row in rows)
    assert any(re.search(r"^ alpha +\d\S+", row) for row in rows)
    assert any(re.search(r"\[\S+, \S+\]", row) for row in rows)
    assert re.search(r"^ alpha +\S+ +\[", terminal.run(*arguments[3:]).stdout, re.MULTILINE)
