"""The runner of codes: identity, views of one stretch, strings one by one, and what is refused."""

from __future__ import annotations

import math
from typing import Any

import pytest

from lab.core.errors import InputError
from lab.core.registry import open_shelf
from lab.runs.runner import Fields, Result
from lab.runs.spec import RunSpec

FIELDS: dict[str, Any] = {
    "source": {"name": "golden_mean"},
    "length": 2048,
    "codes": [{"name": "kt"}, {"name": "order_k", "order": 1}, {"name": "deflate"}],
}


class Kept:
    def __init__(self) -> None:
        self.results: list[Result] = []

    def emit(self, fields: Fields, result: Result) -> None:
        self.results.append(result)

    def advance(self, done: float, total: float) -> None:
        assert 0 < done <= total


def make_spec(**changes: Any) -> RunSpec:
    return RunSpec("code", {**FIELDS, **changes})


def run(*views: dict[str, str], **changes: Any) -> list[Result]:
    kept = Kept()
    specs = [make_spec(view=view, **changes) for view in views]
    assert len({spec.trunk_key for spec in specs}) == 1
    open_shelf("runners").load("code").run([spec.fields for spec in specs], kept)
    return kept.results


def test_defaults_do_not_change_the_key_and_the_ensemble_does() -> None:
    assert make_spec().key == make_spec(seed=0, strings=1, view={"code": "ensemble", "of": "object"}).key
    assert make_spec().key != make_spec(codes=FIELDS["codes"][:2]).key
    assert make_spec().key != make_spec(view={"code": "kt"}).key
    assert make_spec().describe()["object"] == "golden_mean"


def test_views_of_one_stretch() -> None:
    views = [
        {"code": code, "of": of}
        for of in ("object", "shuffled", "surrogate")
        for code in ("ensemble", "order_k (order 1)")
    ]
    bits = [result.metrics["code_bits"] for result in run(*views)]
    entropy = 2048 * 2 / 3
    assert all(isinstance(b, float) for b in bits)
    assert 0.97 * entropy < bits[1] < bits[0] < 1.1 * entropy  # type: ignore[operator]
    assert bits[2] > 1.2 * bits[0]  # type: ignore[operator]
    assert bits[5] == pytest.approx(bits[1], rel=0.1)  # the surrogate is of order 1, as the golden mean is


def test_a_half_given_the_other() -> None:
    first, given = run(
        {"code": "deflate", "of": "first"}, {"code": "deflate", "of": "given"}, source={"name": "periodic"}
    )
    assert given.metrics["code_bits"] <= first.metrics["code_bits"]  # type: ignore[operator]


def test_random_strings_are_not_shortened() -> None:
    kt, ensemble = run(
        {"code": "kt", "of": "strings"}, {"of": "strings"}, source={"name": "bernoulli"}, length=64, strings=300
    )
    for result in (kt, ensemble):
        for saved, share in zip(result.curve["saved_bits"], result.curve["share_saved"], strict=True):
            assert saved is not None and share is not None
            assert share <= 2.0**-saved + 5 * math.sqrt(2.0**-saved / 300)
    assert ensemble.metrics["code_bits"] > 64  # type: ignore[operator]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"length": 1}, "at least 2"),
        ({"seed": -1}, "negative"),
        ({"codes": []}, "at least one"),
        ({"view": {"code": "lzma"}}, "known: deflate, ensemble"),
        ({"codes": [{"name": "bz2"}], "view": {"of": "given"}}, "none here"),
        ({"view": {"of": "half"}}, "known"),
        ({"source": {"name": "markov", "symbols": 300, "order": 1}}, "256"),
        ({"source": {"p": 1}}, "name"),
    ],
)
def test_wrong_fields_are_refused(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        _ = make_spec(**changes).key
