"""`lab data`: the list, what is known of one, and what is fetched or refused."""

from __future__ import annotations

import json

import pytest

from lab.core.registry import open_shelf
from tests.cli.driving import Terminal


def test_everything_is_listed(terminal: Terminal) -> None:
    listed = json.loads(terminal.run("data", "--json", LAB_DATA=str(terminal.folder)).stdout)["data"]
    assert [row["name"] for row in listed] == [*open_shelf("data").names(), *open_shelf("examples").names()]
    states = {row["name"]: (row["kind"], row["state"]) for row in listed}
    assert states["markov"] == ("world", "built in")
    assert states["king_james"] == ("text", "not fetched")
    assert states["mnist"] == ("examples", "not fetched")
    assert "lab data fetch" in terminal.run("data", "list").stdout


def test_a_source_says_what_is_known_of_it(terminal: Terminal) -> None:
    facts = json.loads(terminal.run("data", "describe", "bernoulli:p=0.1", "--json").stdout)
    assert facts["entropy_rate_bits"] == pytest.approx(0.468996, abs=1e-6)
    assert facts["dials"] == ["p=0.5"] and facts["vocabulary"] == 2
    told = terminal.run("data", "describe", "tiny_stories:megabytes=8", LAB_DATA=str(terminal.folder)).stdout
    assert "CDLA-Sharing-1.0" in told and "Next: lab data fetch tiny_stories:megabytes=8" in told


def test_examples_say_their_shape_and_how_many_there_are(terminal: Terminal) -> None:
    facts = json.loads(terminal.run("data", "describe", "digits", "--json").stdout)
    assert (facts["shape"], facts["classes"], facts["training_examples"]) == ("1 × 8 × 8", 10, 1297)
    assert "label_noise=0.0" in facts["dials"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("describe", "markof"), "did you mean 'markov'"),
        (("describe", "mnist:size=3"), "dial of mnist"),
        (("describe", "mnist_1d:shift=rotation"), "cannot be turned"),
        (("fetch",), "needs a name"),
        (("fetch", "markov"), "is built in"),
        (("fetch", "tiny_stories:megabytes=0"), "lies in 1"),
        (("fetch", "king_james"), "pip is set up for no index"),
        (("list", "markov"), "lab data describe markov"),
    ],
)
def test_what_cannot_be_is_refused(terminal: Terminal, arguments: tuple[str, ...], message: str) -> None:
    offline = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": "", "PIP_CONFIG_FILE": "/dev/null"}
    assert message in terminal.refuse("data", *arguments, LAB_DATA=str(terminal.folder), **offline)
