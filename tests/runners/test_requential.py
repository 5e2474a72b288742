"""The requential runner: a length that bounds what can be bounded, the teacher's numbers unchanged, the same bits."""

from functools import cache
from typing import Any

import numpy as np

from lab.core.registry import open_shelf
from lab.runs.runner import Fields, Result
from lab.runs.spec import RunSpec

FIELDS: dict[str, Any] = {
    "family": {"name": "transformer", "width": 8},
    "source": {"name": "markov", "symbols": 4, "order": 1, "concentration": 0.5},
    "learning_rate": 0.02,
    "tokens": 10_240,
    "batch_tokens": 256,
    "window": 16,
    "warmup_tokens": 1024,
    "evaluation_tokens": 1024,
}


class Collector:
    checkpoint = None

    def __init__(self) -> None:
        self.results: list[Result] = []

    def note(self, text: str) -> None:
        raise AssertionError(f"nothing to note: {text}")

    def emit(self, fields: Fields, result: Result) -> None:
        self.results.append(result)

    def advance(self, done: float, total: float) -> None:
        assert 0 < done <= total


@cache
def run(runner: str = "requential", seed: int = 0) -> Result:
    collector = Collector()
    open_shelf("runners").load(runner).run([{**FIELDS, "seed": seed}], collector)
    (result,) = collector.results
    return result


def test_the_length_is_positive_and_grows_while_the_student_learns() -> None:
    result = run()
    bits = np.array(result.curve["requential_bits"], float)
    assert result.status == "done" and (np.diff(bits) > 0).all()
    assert bits[-1] <= result.metrics["requential_bits"] < result.metrics["online_bits"]
    rates = np.diff(bits) / np.diff(np.array(result.curve["tokens"], float))
    assert rates[-3:].mean() < 0.5 * rates[:6].max(), "a student that has caught up costs little"
    assert abs(result.metrics["loss_nats"] - result.metrics["teacher_loss_nats"]) < 0.1
    assert result.metrics["loss_nats"] < np.log(4) - 0.1, "it has learned from samples alone"


def test_the_teacher_is_trained_as_any_run() -> None:
    """Its online code length is that of the training runner, bit for bit, along the common plateau."""
    plain = run("train").curve
    own = run().curve
    shared = [k for k, rate in enumerate(plain["learning_rate"]) if rate == max(plain["learning_rate"])]
    assert len(shared) > 10
    for k in shared:
        assert own["online_bits"][k] == plain["online_bits"][k] and own["tokens"][k] == plain["tokens"][k]


def test_same_fields_same_bits() -> None:
    short = {**FIELDS, "tokens": 2560}
    first, again = Collector(), Collector()
    for collector in (first, again):
        open_shelf("runners").load("requential").run([short], collector)
    assert first.results[0].metrics == again.results[0].metrics
    assert dict(first.results[0].curve) == dict(again.results[0].curve)


def test_its_key_is_not_that_of_a_training_run() -> None:
    spec = RunSpec("requential", FIELDS)
    assert spec.key != RunSpec("train", FIELDS).key
    cost = spec.estimate([spec], 1e9)
    assert cost.flops > 2 * RunSpec("train", FIELDS).estimate([RunSpec("train", FIELDS)], 1e9).flops
