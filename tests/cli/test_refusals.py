"""Bad input: one clear message with the next step, exit code 2, no traceback, nothing lost."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.cli.driving import Terminal
from tests.cli.entries import write_sweep
from tests.synthetic import make_tables

COLUMNS = ["params_total", "params_body", "tokens", "loss_nats", "trunk_key", "seed"]


def write_runs(folder: Path, rows: int | None = None, **cells: object) -> Path:
    """A file of somebody's runs; `cells` overwrite a column's third row (or the only one)."""
    runs = make_tables().runs
    table = runs[runs["stage"] == "grid"][COLUMNS].iloc[:rows].reset_index(drop=True).astype(object)
    for column, value in cells.items():
        table.loc[min(2, len(table) - 1), column] = value
    path = folder / "runs.csv"
    table.to_csv(path, index=False)
    return path


def test_unknown_sweep(terminal: Terminal) -> None:
    environment = write_sweep(terminal.folder)
    for command in ("plan", "run"):
        assert "did you mean 'tiny'" in terminal.refuse(command, "tinny", **environment)


def test_unknown_preset(terminal: Terminal) -> None:
    environment = write_sweep(terminal.folder)
    for command in ("plan", "run"):
        message = terminal.refuse(command, "tiny", "--preset", "smok", **environment)
        assert "did you mean 'smoke'" in message


def test_unknown_family(terminal: Terminal) -> None:
    environment = write_sweep(terminal.folder, family="lsmt")
    for command in ("plan", "run"):
        assert "did you mean 'lstm'" in terminal.refuse(command, "tiny", **environment)
    assert json.loads(terminal.run("status", "--json").stdout)["studies"] == []


def test_typo_in_a_dial(terminal: Terminal) -> None:
    assert "did you mean 'width'" in terminal.refuse("run", "tiny", **write_sweep(terminal.folder, dial="witdh"))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("run", "tiny", "--wrokers", "2"), "lab run: got '--wrokers'. did you mean '--workers'?"),
        (("run", "tiny", "--workers", "few"), "--workers: got 'few'."),
        (("run", "tiny", "--workers", "-1"), "--workers: got '-1'."),
        (("run", "tiny", "--workers"), "--workers. option '--workers' requires an argument"),
        (("run", "tiny", "again"), "lab run: got 'again'. takes no further argument"),
        (("run",), "lab run SWEEP. is missing"),
        (("rnu",), "lab: got 'rnu'. did you mean 'run'?"),
    ],
)
def test_what_the_parser_refuses(terminal: Terminal, arguments: tuple[str, ...], said: str) -> None:
    """Subject, value, rule and next step, as everything else that is refused."""
    message = terminal.refuse(*arguments)
    assert said in message and "--help`" in message
    assert message.startswith("error: ")


@pytest.mark.parametrize("corpus", ["empty", "absent"])
def test_corpus_without_text(terminal: Terminal, corpus: str) -> None:
    (terminal.folder / "empty").mkdir()
    path = str(terminal.folder / corpus)
    environment = write_sweep(terminal.folder, source={"name": "bytes_text", "path": path})
    assert path in terminal.refuse("run", "tiny", **environment)


def test_file_without_the_needed_column(terminal: Terminal) -> None:
    path = write_runs(terminal.folder)
    path.write_text(path.read_text().replace("loss_nats", "loss_nat"))
    for command in ("fit", "import"):
        message = terminal.refuse(command, path)
        assert "loss_nats" in message
        assert "loss_nat," in message


@pytest.mark.parametrize("loss", ["nan", -1.0, 0.0, "inf", "low"])
def test_loss_that_is_none(terminal: Terminal, loss: object) -> None:
    path = write_runs(terminal.folder, loss_nats=loss)
    for command in ("fit", "import"):
        message = terminal.refuse(command, path)
        assert "loss_nats" in message
        assert "row" in message


def test_size_that_is_none(terminal: Terminal) -> None:
    assert "params_total" in terminal.refuse("fit", write_runs(terminal.folder, params_total=-5))


def test_two_runs_for_a_law_of_five_parameters(terminal: Terminal) -> None:
    path = write_runs(terminal.folder, rows=2)
    done = terminal.run("fit", path, "--law", "chinchilla", "--json")
    assert done.returncode == 2
    fit = json.loads(done.stdout)
    assert fit["status"] == "refused"
    assert fit["estimates"] == []
    message = terminal.refuse("fit", path, "--law", "chinchilla")
    assert "chinchilla" in message
    assert fit["reason"] in message
    assert fit["next_step"] in message


def test_unknown_law_convention_and_column(terminal: Terminal) -> None:
    path = write_runs(terminal.folder)
    assert "did you mean 'chinchilla'" in terminal.refuse("fit", path, "--law", "chinchila")
    assert "did you mean 'params_body'" in terminal.refuse("fit", path, "--convention", "param_body")
    assert "did you mean" in terminal.refuse("fit", path, "--map", "params_totl=n")
    assert "no_such" in terminal.refuse("fit", path, "--map", "N=no_such")


def test_store_where_a_file_stands_in_the_way(terminal: Terminal) -> None:
    environment = write_sweep(terminal.folder)
    (terminal.folder / "occupied").write_text("a file where the folder should be")
    for command in ("plan", "run"):
        message = terminal.refuse(
            command, "tiny", LAB_STORE=str(terminal.folder / "occupied" / "lab.db"), **environment
        )
        assert "occupied" in message
    assert (terminal.folder / "occupied").read_text() == "a file where the folder should be"


def test_folder_that_may_not_be_written(terminal: Terminal) -> None:
    environment = write_sweep(terminal.folder)
    forbidden = Path("/proc/lab") if os.geteuid() == 0 else terminal.folder / "locked"
    if os.geteuid():
        forbidden.mkdir(mode=0o500)
    path = write_runs(terminal.folder)
    assert str(forbidden) in terminal.refuse("run", "tiny", LAB_STORE=str(forbidden / "lab.db"), **environment)
    assert str(forbidden) in terminal.refuse("export", path, "--to", forbidden / "figures")


def test_an_imported_study_makes_no_claim_of_its_own(terminal: Terminal, tmp_path: Path) -> None:
    file = tmp_path / "runs.csv"
    file.write_text("params_total,tokens,loss_nats\n1e6,1e7,3\n2e6,2e7,2.8\n")
    assert "--sweep" in terminal.refuse("judge", file)


def test_a_study_that_was_not_run_is_answered_with_the_run_that_makes_it(terminal: Terminal) -> None:
    assert "`lab run kolmogorov_bounds` makes it" in terminal.refuse("judge", "kolmogorov_bounds")
    assert "`lab run dropout_width --preset smoke` makes it" in terminal.refuse("judge", "dropout_width-smoke")
