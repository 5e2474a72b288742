"""`lab simulate` as a person and a program drive it."""

from __future__ import annotations

import json

import pytest

from tests.cli.driving import Terminal

SMALL = ("--n", "20", "--to", "2", "--snapshots", "6")


@pytest.fixture
def terminal(tmp_path) -> Terminal:
    return Terminal(tmp_path)


def test_json_holds_the_curve_of_the_first_seed_and_the_excess_over_all(terminal: Terminal) -> None:
    told = json.loads(terminal.run("simulate", "interacting", *SMALL, "--seeds", "3", "--json").stdout)
    assert (told["automaton"], told["side"], told["seeds"], len(told["curve"])) == ("interacting", 20, 3, 6)
    assert told["curve"][0]["moves"] == 0 and told["curve"][-1]["relaxation_times"] == pytest.approx(2, rel=1e-3)
    assert told["curve"][-1]["entropy_bits"] > told["curve"][0]["entropy_bits"] > 0
    excess = {e["name"]: e for e in told["estimates"]}["complexity: excess on the hump / its height"]
    assert excess["low"] < excess["value"] < excess["high"] and excess["n"] == 3


def test_a_table_and_a_figure_for_a_person(terminal: Terminal) -> None:
    done = terminal.run(
        "simulate", "interacting:clock=swaps", *SMALL, "--grain", "4", "--seeds", "2", "--figure", "shown",
        "--formats", "png,csv",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "interacting (clock swaps), n = 20" in done.stdout and "adjusted surrogate" in done.stdout
    assert (terminal.folder / "shown" / "excess_complexity.png").stat().st_size > 5000
    assert "excess" in (terminal.folder / "shown" / "excess_complexity.csv").read_text()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("interactin",), "did you mean 'interacting'"),
        (("interacting:clok=swaps",), "did you mean 'clock'"),
        (("interacting:clock=swap",), "did you mean 'swaps'"),
        (("interacting", "--n", "21"), "even number"),
        (("interacting", "--code", "defalte"), "did you mean 'deflate'"),
        (("interacting", "--seeds", "0"), "--seeds"),
    ],
)
def test_what_cannot_be_simulated_is_refused(terminal: Terminal, arguments: tuple[str, ...], said: str) -> None:
    assert said in terminal.refuse("simulate", *arguments)
