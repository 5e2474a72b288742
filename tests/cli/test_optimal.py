"""`lab optimal` on a file: three approaches as a table and as JSON; refusals."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.analysis.isoflop import CHINCHILLA, find_best, make_valleys
from tests.cli.driving import Terminal
from tests.cli.test_json import ESTIMATE, read_json
from tests.cli.test_refusals import write_runs


@pytest.fixture
def valleys(tmp_path: Path) -> Path:
    path = tmp_path / "valleys.csv"
    make_valleys(noise=0.001).runs[["params_total", "tokens", "loss_nats"]].to_csv(path, index=False)
    return path


def test_three_approaches_with_intervals(terminal: Terminal, valleys: Path) -> None:
    answer = read_json(terminal, "optimal", valleys, "--budget", "1e19,1e22")
    (comparison,) = answer["comparisons"]
    assert (comparison["convention"], comparison["compute"]) == ("params_total", "flops")
    approaches = {a["name"]: a for a in comparison["approaches"]}
    assert list(approaches) == ["envelope", "valleys", "valleys corrected", "joint law"]
    assert approaches["envelope"]["status"] == "refused" and approaches["envelope"]["next_step"]
    for name in ("valleys corrected", "joint law"):
        at = approaches[name]["budgets"]
        assert [row["flop"] for row in at] == [1e19, 1e22]
        assert set(at[0]["size"]) == ESTIMATE
        assert at[0]["size"]["low"] < find_best(CHINCHILLA, 1e19) < at[0]["size"]["high"]
    factor = comparison["bias"][0]["factor"]
    assert 1.0 < factor["low"] < factor["high"] < 1.1
    low, high = comparison["flat"][0]["range"]
    assert low["value"] < find_best(CHINCHILLA, 1e19) < high["value"]
    assert len(comparison["valleys"]) == 5 and not any(v["refused"] for v in comparison["valleys"])
    assert answer["decomposition"]["steps"] == [] and "params_body equals" in answer["decomposition"]["reason"]


def test_a_person_reads_a_table(terminal: Terminal, valleys: Path) -> None:
    done = terminal.run("optimal", valleys)
    assert done.returncode == 0, done.stderr
    for words in ("2 valleys corrected", "3 joint law", "within 1 % of the best loss", "1 envelope: refused"):
        assert words in done.stdout, words
    assert "params_body is params_total in every run" in done.stdout


def test_refusals(terminal: Terminal, valleys: Path) -> None:
    few = write_runs(terminal.folder, rows=2)
    message = terminal.refuse("optimal", few)
    assert "best size" in message and "2 runs for the 5 parameters" in message
    assert read_json(terminal, "optimal", few, code=2)["comparisons"][0]["approaches"][0]["status"] == "refused"
    assert "did you mean 'params_body'" in terminal.refuse("optimal", valleys, "--convention", "param_body")
    assert "did you mean 'flops" in terminal.refuse("optimal", valleys, "--compute", "flop")
    for wrong in ("1e19,-1", "much", "nan"):
        assert "--budget" in terminal.refuse("optimal", valleys, "--budget", wrong)
