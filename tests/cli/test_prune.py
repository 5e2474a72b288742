"""`lab prune`: the theory's table, as JSON, and refusals."""

from __future__ import annotations

import pytest

from tests.cli.driving import Terminal
from tests.cli.test_json import read_json


def test_few_examples_are_best_easy(terminal: Terminal) -> None:
    answer = read_json(terminal, "prune", "--alpha", "2", "--keep", "0.5")
    errors = {row["kept"]: row["test_error"] for row in answer["students"]}
    assert errors["easy"] < errors["all"] < errors["random"] < errors["hard"]
    assert errors["all"] == pytest.approx(0.18848, abs=1e-5)


def test_a_person_reads_a_table(terminal: Terminal) -> None:
    done = terminal.run("prune", "--alpha", "40", "--keep", "0.25")
    assert done.returncode == 0, done.stderr
    assert "0.01250" in done.stdout and "Least error of as many kept: hard" in done.stdout


def test_refusals(terminal: Terminal) -> None:
    assert "share of examples kept" in terminal.refuse("prune", "--keep", "0")
    assert "angle of the probe" in terminal.refuse("prune", "--theta", "100")
    assert "per dimension" in terminal.refuse("prune", "--alpha", "nan")
