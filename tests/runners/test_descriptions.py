"""The runners of description lengths: what they fill, that it repeats, and what they refuse."""

from __future__ import annotations

import math
from typing import Any

import pytest

from lab.core.columns import COLUMNS
from lab.core.errors import InputError
from lab.core.registry import open_shelf
from lab.runs.runner import Fields, Result, Runner

SMALL: dict[str, list[dict[str, Any]]] = {
    "describe": [{"source": {"name": "bernoulli", "p": 0.2}, "tokens": n, "largest_order": 2} for n in (200, 400)],
    "weigh": [{"kl_weight": w, "examples": 16, "hidden": 1, "inputs": 3} for w in (3.0, 30.0)],
    "transmit": [{"examples": 60, "heldout": 20}, {"examples": 60, "heldout": 20, "model": "net"}],
}


class Notebook:
    """A reporter that keeps what it is told."""

    def __init__(self) -> None:
        self.results: list[tuple[Fields, Result]] = []
        self.share = 0.0

    def emit(self, fields: Fields, result: Result) -> None:
        self.results.append((fields, result))

    def advance(self, done: float, total: float) -> None:
        self.share = done / total


def run(name: str) -> Notebook:
    notebook, runner = Notebook(), open_shelf("runners").load(name)
    runner.run(SMALL[name], notebook)
    return notebook


@pytest.mark.parametrize("name", SMALL)
def test_it_fills_columns_of_the_glossary_and_repeats_itself(name: str) -> None:
    first, again = run(name), run(name)
    assert first.share == 1 and [fields for fields, _ in first.results] == SMALL[name]
    runner: Runner = open_shelf("runners").load(name)
    for (fields, result), (_, other) in zip(first.results, again.results, strict=True):
        assert result.status == "done"
        assert set(result.metrics) | set(result.curve) | set(runner.describe(fields)) <= set(COLUMNS)
        assert (result.metrics, result.curve) == (other.metrics, other.curve)
        assert all(isinstance(value, float) and math.isfinite(value) for value in result.metrics.values())
        assert result.totals["cpu_seconds"] >= 0
    assert runner.estimate(SMALL[name], 1e9).cpu_seconds > 0


def test_a_description_knows_the_true_order_where_it_is_known() -> None:
    runner: Runner = open_shelf("runners").load("describe")
    markov = {"name": "markov", "symbols": 3, "order": 2}
    known = runner.describe({"source": markov, "tokens": 100})
    assert (known["true_order"], known["params_total"]) == (2, 18)
    unknown = runner.describe({"source": {"name": "even_process"}, "tokens": 100})
    assert unknown["true_order"] is None and unknown["params_total"] is None


def test_the_net_has_keys_of_its_own_and_the_logistic_regression_those_it_had() -> None:
    runner: Runner = open_shelf("runners").load("transmit")
    assert runner.identify({"model": "logistic", "seed": 3}) == runner.identify({"seed": 3})
    assert runner.identify({"model": "net"}) != runner.identify({})
    described = [runner.describe({"model": model})["params_total"] for model in ("logistic", "net")]
    assert described == [650, 65 * 32 + 33 * 10]


@pytest.mark.parametrize(
    ("name", "fields", "says"),
    [
        ("describe", {"source": {"name": "bernoulli"}, "tokens": 3}, "largest order"),
        ("describe", {"source": {"name": "bernouli"}, "tokens": 30}, "bernoulli"),
        ("weigh", {"kl_weight": 0.0}, "positive"),
        ("weigh", {"kl_weight": 1.0, "examples": 2}, "at least 16"),
        ("transmit", {"examples": 1790, "heldout": 300}, "1797"),
        ("transmit", {"model": "forest"}, "logistic"),
    ],
)
def test_wrong_fields_are_named(name: str, fields: dict[str, Any], says: str) -> None:
    with pytest.raises(InputError, match=says):
        open_shelf("runners").load(name).describe(fields)
