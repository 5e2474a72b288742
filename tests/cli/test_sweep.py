"""A sweep through the command line: plan, run, resume, status; with a family of one's own that is one file."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from typing import Any

import pytest

from tests.cli.driving import Terminal
from tests.cli.entries import FAMILY, LAW, write_entry, write_sweep

RUNS = 16  # of the tiny sweep's smoke preset: four sizes, two seeds, two horizons


def read(terminal: Terminal, *arguments: str, **environment: str) -> Any:
    done = terminal.run(*arguments, "--json", **environment)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def bigrams(tmp_path_factory: pytest.TempPathFactory) -> tuple[Terminal, dict[str, str], str]:
    """The tiny sweep over a user's own family, planned and run; what the run printed."""
    terminal = Terminal(tmp_path_factory.mktemp("bigrams"))
    write_entry(terminal.folder, "families", "bigram", FAMILY)
    environment = write_sweep(terminal.folder, family="bigram")
    plan = read(terminal, "plan", "tiny", **environment)
    assert (plan["runs_total"], plan["runs_stored"], plan["runs_missing"]) == (RUNS, 0, RUNS)
    assert min(plan["flops"], plan["cpu_seconds"], plan["wall_seconds"], plan["disk_bytes"]) > 0
    done = terminal.run("run", "tiny", "--workers", "2", **environment)
    assert done.returncode == 0, done.stderr
    return terminal, environment, done.stdout + done.stderr


def test_a_run_says_how_far_it_is_what_it_did_and_what_is_next(
    bigrams: tuple[Terminal, dict[str, str], str],
) -> None:
    printed = bigrams[2]
    assert "ETA" in printed
    assert f"{RUNS} done, 0 reused, 0 failed" in printed
    assert "lab fit tiny-smoke" in printed


def test_nothing_is_run_twice(bigrams: tuple[Terminal, dict[str, str], str]) -> None:
    terminal, environment, _ = bigrams
    again = read(terminal, "run", "tiny", **environment)
    assert (again["done"], again["reused"]) == (0, RUNS)
    assert read(terminal, "plan", "tiny", **environment)["runs_missing"] == 0


def test_a_larger_preset_runs_only_what_it_lacks(bigrams: tuple[Terminal, dict[str, str], str]) -> None:
    terminal, environment, _ = bigrams
    plan = read(terminal, "plan", "tiny", "--preset", "standard", **environment)
    assert (plan["runs_total"], plan["runs_stored"]) == (RUNS + 4, RUNS)


def test_status_counts_and_lists(bigrams: tuple[Terminal, dict[str, str], str]) -> None:
    terminal, environment, _ = bigrams
    state = read(terminal, "status", "tiny", **environment)
    assert [(study["name"], study["counts"]) for study in state["studies"]] == [("tiny-smoke", {"done": RUNS})]
    assert {run["family"] for run in state["runs"]} == {"bigram"}
    assert all(0 < run["loss_nats"] < 3 for run in state["runs"])


def test_a_law_of_ones_own_is_fitted_to_the_runs_of_a_family_of_ones_own(
    bigrams: tuple[Terminal, dict[str, str], str],
) -> None:
    terminal, environment, _ = bigrams
    write_entry(terminal.folder, "scaling/laws", "logarithmic", LAW)
    fit = read(terminal, "fit", "tiny-smoke", "--law", "logarithmic", **environment)
    assert (fit["law"], fit["status"]) == ("logarithmic", "converged")
    assert fit["data"]["independent_units"] == 8
    assert len(fit["estimates"]) == 2


@pytest.mark.parametrize("command", [["plan", "tiny"], ["fit", "tiny-smoke"], ["status"]], ids=" ".join)
def test_the_parent_never_loads_torch(bigrams: tuple[Terminal, dict[str, str], str], command: list[str]) -> None:
    terminal, environment, _ = bigrams
    probe = (
        f"import sys\nfrom lab.cli import main\nsys.argv = ['lab', *{command!r}]\n"
        "try: main()\nfinally: print('torch' in sys.modules, file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", probe],
        cwd=terminal.folder,
        env={**terminal.environment, **environment},
        capture_output=True,
        text=True,
    )
    assert done.stderr.split()[-1:] == ["False"], done.stderr


def test_a_failed_run_says_why_and_is_tried_again(terminal: Terminal) -> None:
    broken = FAMILY.replace(
        "        return nn.Sequential(", "        raise RuntimeError('no net today')\n        nn.Sequential("
    )
    write_entry(terminal.folder, "families", "bigram", broken)
    environment = write_sweep(terminal.folder, family="bigram")
    message = terminal.refuse("run", "tiny", code=1, **environment)
    assert "no net today" in message
    assert f"{RUNS} runs failed; `lab run tiny --preset smoke` tries them again" in message
    (study,) = read(terminal, "status")["studies"]
    assert study["counts"] == {"failed": RUNS}


def test_interrupt_ends_at_once_and_the_same_command_resumes(terminal: Terminal) -> None:
    environment = write_sweep(terminal.folder)
    command = [sys.executable, "-m", "lab.cli", "run", "tiny", "--workers", "1"]
    with subprocess.Popen(
        command, cwd=terminal.folder, env={**terminal.environment, **environment}, stderr=subprocess.PIPE, text=True
    ) as driver:
        kept = wait_for_runs(terminal, 2)
        driver.send_signal(signal.SIGINT)
        began = time.monotonic()
        _, notes = driver.communicate(timeout=20)
    assert time.monotonic() - began < 2.0
    assert driver.returncode == 130
    assert "resume with: lab run tiny --workers 1" in notes
    assert "Traceback" not in notes
    resumed = read(terminal, "run", "tiny", **environment)
    assert resumed["reused"] >= kept
    assert resumed["done"] + resumed["reused"] == RUNS


def wait_for_runs(terminal: Terminal, count: int) -> int:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        studies = read(terminal, "status")["studies"]
        if studies and studies[0]["counts"].get("done", 0) >= count:
            return int(studies[0]["counts"]["done"])
        time.sleep(0.2)
    pytest.fail("no run was stored in a minute")


def test_an_archive_is_a_study_elsewhere(bigrams: tuple[Terminal, dict[str, str], str], terminal: Terminal) -> None:
    author, environment, _ = bigrams
    written = read(author, "archive", "tiny", "--to", str(terminal.folder / "sent.parquet"), **environment)
    assert written["study"] == "tiny-smoke"
    (study,) = read(terminal, "status")["studies"]
    assert (study["name"], study["origin"], study["counts"]) == ("tiny-smoke", "archive", {"done": RUNS})
    assert read(terminal, "status", "tiny-smoke")["runs"] == read(author, "status", "tiny-smoke")["runs"]
