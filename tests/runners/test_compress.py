"""The runner of compression: there and back, by a net or a code of the shelf, and its identity."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from lab.core.errors import InputError
from lab.runners.compress import runner
from lab.runs.runner import Fields, Result
from lab.runs.spec import RunSpec

WHERE = {"length": 3000, "start": 500}
NET = {"family": {"name": "lstm", "width": 16}, "streams": 8, **WHERE}


class Kept:
    """A reporter that keeps what it hears."""

    def __init__(self) -> None:
        self.results: list[Result] = []
        self.shares: list[float] = []

    def emit(self, fields: Fields, result: Result) -> None:
        self.results.append(result)

    def advance(self, done: float, total: float) -> None:
        self.shares.append(done / total)


def run(fields: Mapping[str, Any]) -> tuple[Result, list[float]]:
    kept = Kept()
    runner.run([fields], kept)
    return kept.results[0], kept.shares


def test_a_net_mixed_with_contexts_takes_less_than_alone() -> None:
    found = {code: run({"code": code, **NET}) for code in ("mixture", "network")}
    for result, shares in found.values():
        assert result.status == "done" and shares[-1] == 1.0 and shares == sorted(shares)
        content = result.metrics["code_bits"] - result.metrics["head_bits"]  # type: ignore[operator]
        assert content == pytest.approx(result.metrics["online_bits"], abs=64)
    assert found["mixture"][0].metrics["code_bits"] < 0.8 * found["network"][0].metrics["code_bits"]  # type: ignore[operator]


@pytest.mark.parametrize("code", ["lzma", "ppmd", "context_mixing"])
def test_codes_of_the_shelf_describe_the_same_stretch(code: str) -> None:
    result, _ = run({"code": code, **WHERE})
    assert result.status == "done"
    assert result.metrics["bits_per_symbol"] == result.metrics["code_bits"] / 3000  # type: ignore[operator]
    assert 1.0 < result.metrics["bits_per_symbol"] < 5.0


def test_the_stretch_and_the_recipe_are_the_identity() -> None:
    first = RunSpec("compress", {"code": "mixture", **NET})
    assert first.key == RunSpec("compress", {"code": "mixture", **NET, "learning_rate": 0.02}).key
    others = [{"start": 501}, {"code": "network"}, {"block": 16}, {"family": {"name": "lstm", "width": 17}}]
    assert len({first.key, *(RunSpec("compress", {"code": "mixture", **NET, **o}).key for o in others)}) == 5
    assert first.describe()["object"] == "bytes from 500"
    assert first.estimate([first], 1e9).cpu_seconds > 0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"code": "lzmaa"}, "did you mean 'lzma'"),
        ({"code": "kt"}, "no decoder"),
        ({"start": 1 << 40}, "ends before"),
        ({"family": {"name": "lsmt"}}, "did you mean 'lstm'"),
        ({"length": 0}, "at least 1"),
    ],
)
def test_a_wrong_field_is_named(change: Mapping[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        runner.identify({"code": "mixture", **NET, **change})
