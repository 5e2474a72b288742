"""`lab trust` on a calibration that ran, and where there is none."""

from __future__ import annotations

import pytest

from tests.cli.driving import Terminal
from tests.cli.test_json import ESTIMATE, read_json
from tests.cli.test_refusals import write_runs
from tests.dashboard.test_estimators import fill_store


@pytest.fixture
def calibrated(terminal: Terminal) -> Terminal:
    (terminal.folder / "results").mkdir()
    fill_store(terminal.folder / "results")
    return terminal


def test_every_method_of_a_kind_with_its_bias_and_its_length(calibrated: Terminal) -> None:
    done = calibrated.run("trust", "estimator_calibration-smoke", "--of", "codes")
    assert done.returncode == 0, done.stderr
    assert "deflate" in done.stdout and "never" in done.stdout and "golden_mean" in done.stdout
    assert "prng" not in done.stdout, "no truth, no bias"
    assert "not fitted" not in done.stderr, "nothing was trained here"


def test_json(calibrated: Terminal) -> None:
    answer = read_json(calibrated, "trust", "estimator_calibration-smoke", "--tolerance", "10")
    assert answer["tolerance"] == 10
    for row in answer["methods"]:
        assert set(row["bias"]) >= ESTIMATE and row["bias"]["low"] < row["bias"]["high"]
        assert row["trusted"] in (256, 512, 1024, 2048)
    strict = read_json(calibrated, "trust", "estimator_calibration-smoke", "--tolerance", "1e-9")
    assert all(row["trusted"] is None for row in strict["methods"])


def test_refusals(terminal: Terminal) -> None:
    runs = write_runs(terminal.folder)
    assert "lab run estimator_calibration" in terminal.refuse("trust", runs)
    assert "did you mean 'codes'" in terminal.refuse("trust", runs, "--of", "code")
    assert "positive" in terminal.refuse("trust", runs, "--tolerance", "-1")
