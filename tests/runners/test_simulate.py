"""The simulation runner: identity, views of one trunk, the columns it fills, refusals."""

from __future__ import annotations

import math
from typing import Any

import pytest

from lab.core.columns import COLUMNS
from lab.core.errors import InputError, UnknownNameError
from lab.core.registry import open_shelf
from lab.runs.runner import Fields, Result
from lab.runs.spec import RunSpec

FIELDS: dict[str, Any] = {"automaton": {"name": "interacting"}, "side": 20, "until": 2.0, "snapshots": 8}


def make_spec(**changes: Any) -> RunSpec:
    return RunSpec("simulate", {**FIELDS, **changes})


class Listener:
    def __init__(self) -> None:
        self.ends: list[tuple[Fields, Result]] = []
        self.shares: list[float] = []

    def emit(self, fields: Fields, result: Result) -> None:
        self.ends.append((fields, result))

    def advance(self, done: float, total: float) -> None:
        self.shares.append(done / total)


def run(*trunk: dict[str, Any]) -> Listener:
    listener = Listener()
    open_shelf("runners").load("simulate").run([{**FIELDS, **fields} for fields in trunk], listener)
    return listener


def test_dials_at_their_default_do_not_change_the_key_and_views_share_a_trunk() -> None:
    spelled_out = make_spec(seed=0, view={"grain": 10, "code": {"name": "deflate", "level": 9}})
    assert spelled_out.key == make_spec().key
    others = [make_spec(view={"grain": 5}), make_spec(view={"code": {"name": "bz2"}}), make_spec(view={"buckets": 4})]
    assert len({spec.key for spec in (make_spec(), *others)}) == 4
    assert {spec.trunk_key for spec in others} == {make_spec().trunk_key} != {make_spec().key}
    assert make_spec(seed=1).trunk_key != make_spec().trunk_key
    assert make_spec(automaton={"name": "interacting", "clock": "swaps"}).trunk_key != make_spec().trunk_key


def test_views_of_a_trunk_see_the_same_states() -> None:
    listener = run({}, {"view": {"grain": 4}}, {"view": {"buckets": 7}})
    assert [fields.get("view") for fields, _ in listener.ends] == [None, {"grain": 4}, {"buckets": 7}]
    first, second, third = (result for _, result in listener.ends)
    assert first.curve["entropy_bits"] == second.curve["entropy_bits"] == third.curve["entropy_bits"]
    assert first.curve["complexity_bits"] != second.curve["complexity_bits"]
    assert first.curve["adjusted_bits"] == third.curve["adjusted_bits"] != second.curve["adjusted_bits"]
    assert listener.shares == sorted(listener.shares) and listener.shares[-1] == 1.0
    alone = run({"view": {"grain": 4}}).ends[0][1]
    assert alone.curve == second.curve and alone.metrics == second.metrics


def test_columns_are_those_of_the_glossary_and_no_number_is_missing() -> None:
    (_, result), = run({}).ends  # fmt: skip
    described = make_spec().describe()
    for name in (*result.curve, *result.metrics, *described):
        assert name in COLUMNS, name
    assert all(len(points) == 8 and all(map(math.isfinite, points)) for points in result.curve.values())
    assert 0.3 < result.metrics["row_chi_square"] < 2.0
    assert result.metrics["peak_entropy_bits"] == max(result.curve["entropy_bits"])
    assert described["side"] == 20 and described["grain"] == 10 and described["code"] == "deflate"


def test_an_automaton_without_exact_rows_has_no_misfit() -> None:
    (_, result), = run({"automaton": {"name": "sine_shear"}}).ends  # fmt: skip
    assert result.metrics["row_chi_square"] is None


def test_cost_counts_the_automaton_once() -> None:
    one, three = (
        make_spec().estimate([make_spec(view={"grain": g}) for g in grains], 1e9) for grains in ([1], [1, 2, 3])
    )
    assert one.cpu_seconds < three.cpu_seconds < 3 * one.cpu_seconds
    large = make_spec(side=200)
    assert large.estimate([large], 1e9).cpu_seconds > 1.0


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"side": 21}, "even number"),
        ({"seed": -1}, "simulate.seed"),
        ({"until": 0.0}, "simulate.until"),
        ({"side": 2000, "until": 50.0}, "turns of cells"),
        ({"snapshots": 1}, "simulate.snapshots"),
        ({"view": {"grain": 0}}, "grain"),
        ({"view": {"buckets": 9}}, "buckets"),
        ({"view": {"code": {}}}, "name"),
    ],
)
def test_what_cannot_be_simulated_is_refused(changes: dict[str, Any], named: str) -> None:
    with pytest.raises(InputError, match=named):
        _ = make_spec(**changes).key


def test_a_typo_is_answered_with_the_nearest_name() -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'interacting'"):
        _ = make_spec(automaton={"name": "interactin"}).key
