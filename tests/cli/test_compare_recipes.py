"""`lab compare-recipes` on somebody's file with a column of its own; refusals."""

from __future__ import annotations

import json

import numpy as np

from tests.analysis.test_recipes import make_recipes
from tests.cli.driving import Terminal
from tests.synthetic import SURFACE

COLUMNS = ["params_total", "tokens", "loss_nats", "flops", "trunk_key", "seed", "recipe"]


def test_contrasts_multipliers_and_a_refusal(terminal: Terminal) -> None:
    runs = make_recipes(B=SURFACE["B"] * 0.5 ** -SURFACE["beta"]).runs
    runs = runs.assign(recipe=np.where(runs["optimizer"] == "muon", "new", "old"))[COLUMNS]
    runs.to_csv(terminal.folder / "runs.csv", index=False)
    ask = ("compare-recipes", "runs.csv", "--by", "recipe", "--reference", "old")
    done = terminal.run(*ask, "--json")
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert (answer["reference"], answer["groups"]) == ("old", ["old", "new"])
    alpha = next(c for c in answer["contrasts"] if c["exponent"] == "alpha")
    assert alpha["difference"]["low"] <= 0 <= alpha["difference"]["high"]
    places = [at["place"] for at in answer["multipliers"][0]["at"]]
    assert places == ["within"] * 5 + ["extrapolated"] * 2
    middle = answer["multipliers"][0]["at"][2]["estimate"]
    assert 1.8 < middle["value"] < 2.2 and middle["low"] < middle["high"]
    assert answer["verdicts"]["new"]["outcome"] in ("supported", "underpowered")
    text = terminal.run(*ask).stdout
    assert "new needs" in text and "Equal exponents" in text and "extrapolated" in text
    assert "1 family" in terminal.refuse(*ask[:2], "--by", "family")
