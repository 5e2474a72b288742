"""The perceptron runner: one pool, many bands; identity, columns, refusals."""

from __future__ import annotations

from typing import Any

import pytest

from lab.core.columns import COLUMNS
from lab.core.errors import InputError
from lab.core.registry import open_shelf
from lab.runs.runner import Listener
from lab.runs.spec import RunSpec

FIELDS: dict[str, Any] = {"alpha": 3.0, "dimensions": 20}
HARD, EASY = ({"side": side, "keep": 0.5, "theta": 10.0} for side in ("hard", "easy"))


def make_spec(**changes: Any) -> RunSpec:
    return RunSpec("perceptron", {**FIELDS, **changes})


def run(*trunk: dict[str, Any]) -> list[dict[str, Any]]:
    listener = Listener()
    open_shelf("runners").load("perceptron").run([{**FIELDS, **fields} for fields in trunk], listener)
    return [dict(result.metrics) for _, result in listener.results]


def test_bands_of_a_pool_share_a_trunk() -> None:
    assert make_spec(seed=0, band={"side": "random", "keep": 1.0, "theta": 0.0}).key == make_spec().key
    assert len({spec.key for spec in (make_spec(), make_spec(band=HARD), make_spec(band=EASY))}) == 3
    assert make_spec(band=HARD).trunk_key == make_spec().trunk_key != make_spec().key
    assert make_spec(alpha=2.0).trunk_key != make_spec().trunk_key != make_spec(seed=1).trunk_key


def test_a_band_learns_the_same_alone_and_in_company() -> None:
    every, hard, easy = run({}, {"band": HARD}, {"band": EASY})
    assert run({"band": HARD}) == [hard] and hard != easy
    assert (every["examples"], hard["examples"]) == (60, 30)
    assert 0 < every["test_error"] < 0.5 and every["solver_error"] < 1e-6
    assert hard["margin"] > every["margin"] > 0  # fewer constraints, and one of all is among the hard


def test_columns_are_those_of_the_glossary() -> None:
    described = make_spec(band=HARD).describe()
    assert {*described, *run({})[0]} <= set(COLUMNS)
    assert (described["kept_ratio"], described["kept_side"], described["probe_degrees"]) == (1.5, "hard", 10.0)


def test_cost_grows_with_what_is_kept() -> None:
    costs = [make_spec(band={"side": "hard", "keep": keep}) for keep in (0.1, 1.0)]
    few, many = (spec.estimate([spec], 1e9).cpu_seconds for spec in costs)
    assert 0 < few < many


@pytest.mark.parametrize(
    "wrong",
    [{"seed": -1}, {"dimensions": 1}, {"alpha": 0.01}, {"alpha": 1e9}, {"band": {"side": "best", "keep": 0.5}},
     {"band": {"side": "hard", "keep": 0.0}}],
)  # fmt: skip
def test_wrong_fields_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        _ = make_spec(**wrong).key
