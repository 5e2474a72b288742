"""`lab allocate`, `lab design` and `lab power`, driven for real on a file of runs."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.driving import Terminal
from tests.cli.test_json import read_json
from tests.synthetic import make_tables

ANNOUNCE = """
import sys
import lab.analysis.plans.power as power
from lab.cli import main
own = power.simulate_power
power.simulate_power = lambda *arguments: (print("simulating", flush=True), own(*arguments))[1]
"""


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("file") / "runs.csv"
    table = make_tables().runs
    table[table["stage"] == "grid"].to_csv(path, index=False)
    return path


def test_allocate_a_study(terminal: Terminal, runs: Path) -> None:
    plan = read_json(terminal, "allocate", runs, "--flops", "1e15")
    found = {estimate["name"]: estimate for estimate in plan["estimates"]}
    assert found["best size"]["low"] < found["best size"]["value"] < found["best size"]["high"]
    assert found["best size"]["value"] * found["tokens"]["value"] * 6 == pytest.approx(1e15)
    assert plan["law"] == "chinchilla" and plan["unique_tokens"] == "unbounded" and len(plan["mistakes"]) == 2
    told = terminal.run("allocate", runs, "--flops", "1e15")
    assert told.returncode == 0 and "Far beyond the data" in told.stdout and "best size" in told.stdout


def test_allocate_by_hours_money_and_loss(terminal: Terminal) -> None:
    hours = read_json(terminal, "allocate", "--published", "chinchilla", "--hours", "3", "--hardware", "h100",
                      "--devices", "8", "--utilization", "0.5")  # fmt: skip
    money = read_json(terminal, "allocate", "--published", "chinchilla", "--money", "48", "--price-per-hour", "2",
                      "--hardware", "h100", "--utilization", "0.5")  # fmt: skip
    assert hours["flops"] == money["flops"] == pytest.approx(24 * 3600 * 989.4e12 * 0.5)
    goal = read_json(terminal, "allocate", "--published", "chinchilla", "--loss", "2.1", "--inference-tokens", "1e12")
    assert {e["name"]: e["value"] for e in goal["estimates"]}["mean loss"] == pytest.approx(2.1)
    assert {e["low"] for e in goal["estimates"]} == {None}


def test_allocate_refuses(terminal: Terminal, runs: Path) -> None:
    assert "name a study" in terminal.refuse("allocate", "--flops", "1e20")
    assert "give one of --flops" in terminal.refuse("allocate", runs, "--flops", "1e20", "--loss", "2")
    assert "--price-per-hour" in terminal.refuse("allocate", runs, "--money", "5", "--hardware", "h100")
    few = terminal.folder / "few.csv"
    few.write_text("".join(runs.read_text().splitlines(keepends=True)[:5]))
    assert "runs for the 5 parameters" in terminal.refuse("allocate", few, "--flops", "1e15")


def test_design_of_the_next_runs(terminal: Terminal, runs: Path) -> None:
    answer = read_json(terminal, "design", runs, "--budget", "1e13", "--target", "flops=1e15", "--runs", "5")
    rows = answer["runs"]
    assert 0 < len(rows) <= 5 and rows[-1]["spent"] <= 1e13
    assert all(row["run_after"] < row["run_before"] for row in rows) and len(rows[0]["horizons"]) >= 1
    assert answer["target"]["size"] * answer["target"]["tokens"] * 6 == pytest.approx(1e15)
    told = terminal.run("design", runs, "--budget", "1e13", "--target", "N=1e6,D=1e7")
    assert told.returncode == 0 and "luck of a run" in told.stdout and "D = 10 M" in told.stdout


def test_design_refuses(terminal: Terminal, runs: Path) -> None:
    assert "did you mean 'flops'" in terminal.refuse("design", runs, "--budget", "1e13", "--target", "flop=1e15")
    assert "buys no run" in terminal.refuse("design", runs, "--budget", "10", "--target", "N=1e6,D=1e7")


def test_power_of_an_effect(terminal: Terminal, runs: Path) -> None:
    asked = ("power", "--effect", "a=.50,.73", "--designs", "4x3x2,5x4x3", "--simulations", "20")
    answer = read_json(terminal, *asked)
    assert [design["design"] for design in answer["designs"]] == ["4x3x2", "5x4x3"]
    assert answer["effect"]["margin"] == pytest.approx(0.115)
    for design in answer["designs"]:
        assert sum(design["outcomes"].values()) == design["power"]["n"] == 20
    told = terminal.run("power", "--effect", "a=.50,.73", "--study", runs, "--simulations", "20")
    assert told.returncode == 0 and "told from 0.73" in told.stdout and "Monte Carlo" in told.stdout


def test_power_refuses(terminal: Terminal) -> None:
    assert "a=.50,.73 or beta=.1" in terminal.refuse("power", "--effect", "a")
    assert "5x4x3, say" in terminal.refuse("power", "--effect", "a=.5,.7", "--designs", "5x4")


def test_an_interrupted_simulation_leaves_cleanly(terminal: Terminal) -> None:
    arguments = ["power", "--effect", "a=.50,.51", "--simulations", "10000", "--designs", "9x6x6"]
    process = subprocess.Popen(
        [sys.executable, "-c", f"{ANNOUNCE}sys.argv = ['lab', *{arguments!r}]; main()"],
        cwd=terminal.folder, env=terminal.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None and process.stdout.readline() == "simulating\n"
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130 and "Interrupted" in errors and "Traceback" not in errors
