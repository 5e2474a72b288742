"""`lab epiplexity` from parameters, from a file of runs, and from the reference study; refusals."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab.core.registry import ROOT
from tests.cli.driving import Terminal
from tests.cli.test_json import ESTIMATE, read_json
from tests.cli.test_refusals import write_runs

LANGUAGE = "E=1.693,alpha=.3392,N0=4.915e7,beta=.2849,D0=1.491e9"
BUDGET = ("--flops", "1e25", "--test-tokens", "1e12")
REFERENCE = "kaplan_language_models-standard"


def test_the_language_row_from_its_parameters(terminal: Terminal) -> None:
    answer = read_json(terminal, "epiplexity", "--parameters", LANGUAGE, *BUDGET)
    found = {estimate["name"]: estimate for estimate in answer["law"]["estimates"]}
    assert all(set(estimate) >= ESTIMATE for estimate in found.values())
    assert found["structural_bits"]["value"] == pytest.approx(7.95e10, rel=5e-3)
    assert found["random_bits"]["value"] == pytest.approx(2.725e12, rel=5e-3)
    assert found["tokens"]["value"] == pytest.approx(8.41e11, rel=1e-3)
    assert found["structural_bits"]["low"] is None and "no study" in found["structural_bits"]["method"]
    at = read_json(terminal, "epiplexity", "--parameters", LANGUAGE, *BUDGET, "--tokens", "1e12")
    assert at["law"]["estimates"][0]["value"] == pytest.approx(9.00e10, rel=5e-3)


def test_structure_at_given_tokens_alone_and_without_bound(terminal: Terminal) -> None:
    (at,) = read_json(terminal, "epiplexity", "--parameters", LANGUAGE, "--tokens", "1e12")["law"]["estimates"]
    assert at["value"] == pytest.approx(9.00e10, rel=5e-3)
    done = terminal.run("epiplexity", "--parameters", LANGUAGE.replace(".2849", "1.2"), *BUDGET)
    assert "unbounded" in done.stdout and "β = 1.2 ≥ 1" in done.stdout
    assert "Warning" not in done.stderr and ".py" not in done.stderr
    assert "--test-tokens must be given" in terminal.refuse("epiplexity", "--parameters", LANGUAGE, "--flops", "1e25")


def test_a_file_without_curves_still_has_a_law(terminal: Terminal) -> None:
    path = write_runs(terminal.folder)
    answer = read_json(terminal, "epiplexity", path)
    assert answer["law"]["estimates"][0]["low"] < answer["law"]["estimates"][0]["high"]
    assert not answer["hull"] and len(answer["refused"]) == 60 and answer["area_check"]["agrees"] is None
    given = read_json(terminal, "epiplexity", path, "--parameters", "E=0.9,A=60,alpha=.42,B=900,beta=.5")
    assert "parametric bootstrap" in given["law"]["estimates"][0]["method"]


@pytest.mark.skipif(not Path(ROOT / f"results/{REFERENCE}.parquet").exists(), reason="no reference study")
def test_the_reference_study(terminal: Terminal) -> None:
    archives = {"LAB_ARCHIVES": str(ROOT / "results")}
    done = terminal.run("epiplexity", REFERENCE, **archives)
    assert done.returncode == 0, done.stderr
    for words in (
        "124 runs have a prequential code length, 0 have none",
        "shortest codes",
        "tell them apart",
        "bootstrap",
        "Intervals apart in 2 of 20 sizes and horizons",
        "from 852 k to 1.51 M bit over 5 rates",
    ):
        assert words in done.stdout, words


def test_refusals(terminal: Terminal) -> None:
    few = write_runs(terminal.folder, rows=2)
    assert "2 runs for the 5 parameters" in terminal.refuse("epiplexity", few)
    assert "did you mean 'beta'" in terminal.refuse("epiplexity", "--parameters", "E=1,bta=3", *BUDGET)
    assert "one of B and D0" in terminal.refuse("epiplexity", "--parameters", "E=1,A=3,alpha=.3,beta=.3", *BUDGET)
    assert "needs a study" in terminal.refuse("epiplexity")
    assert "--flops" in terminal.refuse("epiplexity", few, "--flops", "-1")
    assert "power of the size" in terminal.refuse("epiplexity", write_runs(terminal.folder), "--law", "multiplicative")


def test_a_convention_that_is_none_and_a_study_without_losses_are_refused(terminal: Terminal) -> None:
    archives = {"LAB_ARCHIVES": str(ROOT / "results")}
    assert "params_total" in terminal.refuse("epiplexity", REFERENCE, "--convention", "foo", **archives)
    assert "no run of this study has one" in terminal.refuse("epiplexity", "coffee_automaton-standard", **archives)
    assert "parameters" in terminal.refuse("epiplexity", REFERENCE, "--tokens", "1e30", **archives)
