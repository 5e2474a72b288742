"""The check runner: what it asks, what it says beforehand and what it refuses."""

from __future__ import annotations

import math
from typing import Any

import pytest

from lab.core.columns import COLUMNS
from lab.core.errors import InputError
from lab.core.registry import open_shelf
from lab.runs.record import hash_result
from lab.runs.runner import Listener
from lab.runs.spec import RunSpec

FIELDS: dict[str, Any] = {"family": {"name": "mlp", "width": 8}, "source": {"name": "mnist_1d"}, "steps": 20}


def make_spec(**changes: Any) -> RunSpec:
    return RunSpec("check", {**FIELDS, **changes})


def test_a_check_is_the_same_again_and_speaks_the_words_of_the_glossary() -> None:
    kept = Listener()
    open_shelf("runners").load("check").run([make_spec().fields] * 2, kept)
    (_, first), (_, again) = kept.results
    assert hash_result(first) == hash_result(again) and first.status == "done"
    known = make_spec().describe()
    assert known["chance_nats"] == pytest.approx(math.log(10)) == first.metrics["start_nats"]
    assert set(first.metrics) | set(known) <= set(COLUMNS)
    assert float(first.metrics["batch_nats"]) < float(first.metrics["start_nats"])


def test_a_key_knows_what_is_checked() -> None:
    changes: tuple[dict[str, Any], ...] = ({}, {"seed": 1}, {"steps": 21}, {"family": {"name": "gru"}}, {"batch": 16})
    assert len({make_spec(**change).key for change in changes}) == len(changes)
    assert make_spec().key == make_spec(batch=32).key


@pytest.mark.parametrize("changes", [{"batch": 1}, {"steps": 0}, {"learning_rate": 0.0}, {"seed": -1}])
def test_what_cannot_be_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="check"):
        make_spec(**changes).describe()
