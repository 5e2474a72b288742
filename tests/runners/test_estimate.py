"""The estimate runner: what it asks of a method, what is true beside it, and what it refuses."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from lab.complexity.code import Message
from lab.complexity.codes.deflate import Deflate
from lab.core.errors import InputError
from lab.core.registry import open_shelf
from lab.core.seeds import derive_seed
from lab.data.golden_mean import GoldenMean
from lab.runs.runner import Fields, Result
from lab.runs.spec import RunSpec

FIELDS: dict[str, Any] = {
    "source": {"name": "golden_mean"},
    "method": {"shelf": "codes", "name": "deflate"},
    "length": 1024,
}
KT = {"shelf": "codes", "name": "kt"}


def make_spec(**changes: Any) -> RunSpec:
    return RunSpec("estimate", {**FIELDS, **changes})


class Kept:
    def __init__(self) -> None:
        self.results: dict[str, Result] = {}
        self.progress: list[float] = []

    def emit(self, fields: Fields, result: Result) -> None:
        self.results[fields["method"]["name"]] = result

    def advance(self, done: float, total: float) -> None:
        self.progress.append(done / total)


def run(*specs: RunSpec) -> Kept:
    kept = Kept()
    open_shelf("runners").load("estimate").run([spec.fields for spec in specs], kept)
    return kept


def test_a_code_is_read_as_bits_per_symbol_of_a_fresh_sequence_at_every_length() -> None:
    result = run(make_spec()).results["deflate"]
    assert result.curve["length"] == [256, 512, 1024]
    for length, found in zip((256, 512, 1024), result.curve["estimate_bits"], strict=True):
        drawn = GoldenMean().draw(length, derive_seed(0, "estimate", length)).astype(np.uint8)
        assert found == Deflate().count_bits(Message(drawn, 2)) / length
    assert result.metrics["estimate_bits"] == result.curve["estimate_bits"][-1]


def test_methods_read_the_same_sequences_and_are_branches_of_one_trunk() -> None:
    one, other = make_spec(), make_spec(method=KT)
    assert one.trunk_key == other.trunk_key != make_spec(seed=1).trunk_key
    assert one.key != other.key
    together = run(one, other)
    assert together.results["kt"].curve == run(other).results["kt"].curve
    assert together.progress == [0.5, 1.0]


def test_identity_is_source_method_length_and_seed() -> None:
    base = make_spec().key
    assert make_spec(source={"name": "golden_mean", "p": 0.5}, seed=0).key == base
    others = [
        make_spec(source={"name": "golden_mean", "p": 0.4}),
        make_spec(method={**FIELDS["method"], "level": 1}),
        make_spec(seed=1),
        make_spec(length=2048),
    ]
    assert len({base, *(spec.key for spec in others)}) == 5


def test_no_answer_beyond_what_a_code_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Deflate, "most_symbols", 600)
    estimates = run(make_spec()).results["deflate"].curve["estimate_bits"]
    assert [found is None for found in estimates] == [False, False, True]


def test_a_slow_method_is_given_no_longer_sequence_than_was_said() -> None:
    slow = make_spec(method={**FIELDS["method"], "longest": 512})
    assert slow.key != make_spec().key == make_spec(method={**FIELDS["method"], "longest": 4096}).key
    assert slow.trunk_key == make_spec().trunk_key
    estimates = run(slow).results["deflate"].curve["estimate_bits"]
    assert estimates[:2] == run(make_spec()).results["deflate"].curve["estimate_bits"][:2]
    assert estimates[2] is None


@pytest.mark.parametrize(
    ("source", "truth"),
    [({"name": "golden_mean"}, 2 / 3), ({"name": "thue_morse"}, 0.0), ({"name": "prng"}, None)],
)
def test_the_truth_stands_beside_in_bits(source: dict[str, Any], truth: float | None) -> None:
    described = make_spec(source=source).describe()
    assert described["truth_bits"] == (truth if truth is None else pytest.approx(truth))
    assert (described["quantity"], described["method_kind"]) == ("entropy_rate", "code")


def test_dials_are_in_the_label() -> None:
    described = make_spec(source={"name": "bernoulli", "p": 0.1}, method={**FIELDS["method"], "level": 1}).describe()
    assert (described["source"], described["method"]) == ("bernoulli (p 0.1)", "deflate (level 1)")


@pytest.mark.parametrize("name", open_shelf("estimators").names())
def test_every_estimator_of_the_shelf_runs_and_is_told_what_is_true(name: str) -> None:
    spec = make_spec(method={"shelf": "estimators", "name": name}, source={"name": "thue_morse"})
    result = run(spec).results[name]
    assert all(found is None or math.isfinite(found) for found in result.curve["estimate_bits"])
    memory = spec.describe()["quantity"] in ("excess_entropy", "statistical_complexity")
    assert spec.describe()["truth_bits"] is None or not memory, "a diverging truth is no number of the table"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"length": 100}, "at least 256"),
        ({"seed": -1}, "negative"),
        ({"method": {"shelf": "estimators", "name": "deflate"}}, "deflate"),
        ({"method": {"shelf": "codes", "name": "deflat"}}, "did you mean 'deflate'"),
        ({"method": {"shelf": "code", "name": "deflate"}}, "did you mean 'codes'"),
        ({"source": {"name": "golden_mean", "q": 1}}, "dial of golden_mean"),
        ({"source": {"name": "markov", "symbols": 300, "order": 1}}, "256 different symbols"),
        ({"method": {"shelf": "codes"}}, "names its entry"),
        ({"method": {"shelf": "codes", "name": "kt", "longest": 10}}, "at least 256"),
    ],
)
def test_a_wrong_field_is_refused_with_its_rule(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        make_spec(**changes).key  # noqa: B018
