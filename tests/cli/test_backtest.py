"""`lab backtest` and `lab compare-laws`, driven for real on files; a refusal each."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from tests.analysis.curves import write_collection
from tests.cli.driving import Terminal
from tests.synthetic import make_tables

CURVES = ("--curve", "Domain,Task,Model", "--x", "Seen Examples", "--y", "Loss", "--split", "Training")
LAWS = ("--laws", "pure_power,power")
COMPARE = "compare-laws"


def write_runs(folder: Path, **options: object) -> Path:
    path = folder / "runs.csv"
    make_tables(rates=(0.02,), **options).runs.to_csv(path, index=False)  # type: ignore[arg-type]
    return path


def test_a_file_of_curves(terminal: Terminal) -> None:
    path = write_collection(terminal.folder / "curves.csv", share=0.05)
    done = terminal.run("backtest", path, *CURVES, *LAWS, "--json")
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert [(s["group"], s["estimator"]) for s in answer["scores"]][:3] == [
        ("IC", "pure_power"),
        ("IC", "power"),
        ("IC", "last value"),
    ]
    table = {(s["group"], s["estimator"]): {e["name"]: e for e in s["estimates"]} for s in answer["scores"]}
    assert table["IC", "power"]["mean RMSLE"]["value"] < table["IC", "pure_power"]["mean RMSLE"]["value"]
    assert {row["level"] for row in answer["calibration"]} == {0.5, 0.8, 0.9, 0.95}
    assert len(answer["curves"]) == 3 * sum(s["curves"] for s in answer["scores"] if s["estimator"] == "power")
    assert any("optimistic" in note for note in answer["collection"]["notes"])


def test_a_study_as_a_table(terminal: Terminal) -> None:
    done = terminal.run("backtest", write_runs(terminal.folder), *LAWS)
    assert done.returncode == 0, done.stderr
    assert "4 curves; fewer than 12" in done.stdout and "last value" in done.stdout and "power" in done.stdout


def test_what_cannot_be_backtested_is_refused(terminal: Terminal) -> None:
    path = write_runs(terminal.folder, widths=(16, 24), seeds=(0,))
    message = terminal.refuse("backtest", path, *LAWS)
    assert "backtest of runs" in message and "name simpler --laws" in message


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--curve", "task"), "needs --x and --y"),
        (("--curve", "tsk", "--x", "x", "--y", "y"), "did you mean 'task'"),
        (("--curve", "task", "--x", "x", "--y", "y", "--ahead", "0.5"), "1 or more"),
        (("--curve", "task", "--x", "x", "--y", "y", "--laws", "powr"), "did you mean 'power'"),
    ],
)
def test_bad_arguments(terminal: Terminal, arguments: tuple[str, ...], words: str) -> None:
    path = terminal.folder / "points.csv"
    pd.DataFrame({"task": ["a"] * 6, "x": range(1, 7), "y": range(6, 0, -1)}).to_csv(path, index=False)
    assert words in terminal.refuse("backtest", path, *arguments)


def test_laws_are_compared(terminal: Terminal) -> None:
    path = write_collection(terminal.folder / "curves.csv", share=0.05)
    done = terminal.run(COMPARE, path, *CURVES, *LAWS, "--json")
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert {row["law"] for split in answer["splits"] for row in split["laws"]} == {"pure_power", "power"}
    assert all(row["held_out"] > 0 for split in answer["splits"] for row in split["laws"])
    assert [estimate["value"] for estimate in answer["agreement"]] == [None] * 3  # two laws have no order


def test_laws_compared_as_a_table(terminal: Terminal) -> None:
    done = terminal.run(COMPARE, write_runs(terminal.folder), "--laws", "chinchilla", "--against", "joint")
    assert done.returncode == 0, done.stderr
    assert "all but the largest size · 12 independent units" in done.stdout and "held-out error (rank)" in done.stdout


def test_a_comparison_without_an_answer_is_refused(terminal: Terminal) -> None:
    path = write_runs(terminal.folder, widths=(16, 24), seeds=(0,))
    assert "law power" in terminal.refuse(COMPARE, path, "--laws", "power")
    assert "no larger run to hold out" in terminal.refuse(COMPARE, write_runs(terminal.folder, widths=(16,)))
