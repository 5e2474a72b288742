"""The classify runner: what a run is, what it learns, what it leaves, and what it refuses."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from lab.calibration.predictions import Predictions
from lab.core.columns import COLUMNS
from lab.core.errors import InputError, UnknownNameError
from lab.core.registry import open_shelf
from lab.data.examples.digits import Digits
from lab.runs.record import hash_result
from lab.runs.runner import Listener, Result
from lab.runs.spec import RunSpec

FIELDS: dict[str, Any] = {
    "family": {"name": "mlp", "width": 16},
    "source": {"name": "digits"},
    "examples": 600,
    "steps": 60,
    "learning_rate": 0.02,
}


def make_spec(**changes: Any) -> RunSpec:
    return RunSpec("classify", {**FIELDS, **changes})


def run(*specs: RunSpec) -> list[Result]:
    kept = Listener()
    open_shelf("runners").load("classify").run([spec.fields for spec in specs], kept)
    return [result for _, result in kept.results]


@pytest.fixture(scope="module")
def result() -> Result:
    return run(make_spec())[0]


def test_it_learns_digits_and_says_so_in_the_words_of_the_glossary(result: Result) -> None:
    assert result.status == "done"
    assert result.metrics["test_error"] < 0.2 and result.metrics["train_error"] < 0.1
    assert result.metrics["fitted_nats"] < result.curve["loss_nats"][0]
    known = [*result.metrics, *result.curve, *make_spec().describe()]
    assert set(known) <= set(COLUMNS)
    assert len({len(column) for column in (*result.curve.values(), *result.timings.values())}) == 1
    assert result.curve["tokens"][-1] == make_spec().describe()["tokens"] == 60 * 64


def test_what_was_predicted_is_kept_and_gives_the_metrics_again(result: Result) -> None:
    logs, labels = result.arrays["heldout_log_probabilities"], result.arrays["heldout_labels"]
    np.testing.assert_array_equal(labels, Digits().heldout().labels)
    predictions = Predictions.of_probabilities(np.exp(logs.astype(np.float64)), labels)
    assert 1 - predictions.outcome_N.mean() == pytest.approx(result.metrics["test_error"])
    assert predictions.confidence_N.mean() == pytest.approx(result.metrics["confidence_top1"], abs=1e-6)
    loss = -logs[np.arange(len(labels)), labels].astype(np.float64)
    assert loss.mean() == pytest.approx(result.metrics["loss_nats"], rel=1e-6)
    assert result.arrays["calibration_counts"][0].sum() == len(labels)


def test_the_same_fields_give_the_same_bits_and_the_seed_others(result: Result) -> None:
    again, other = run(make_spec(), make_spec(seed=1))
    assert hash_result(again) == hash_result(result) != hash_result(other)


def test_fewer_examples_and_wrong_labels_cost(result: Result) -> None:
    few, noisy = run(make_spec(examples=40), make_spec(source={"name": "digits", "label_noise": 0.6}))
    for worse in (few, noisy):
        assert float(worse.metrics["test_error"]) > float(result.metrics["test_error"])
    assert few.metrics["train_error"] == 0.0, "forty examples are learned by heart"
    assert float(noisy.metrics["train_error"]) > 0.3, "labels of chance are not, in sixty steps"


def test_a_rate_that_explodes_is_diverged_and_not_done() -> None:
    (lost,) = run(make_spec(family={"name": "mlp", "width": 16, "hidden": 6}, learning_rate=1e12, optimizer="sgd"))
    assert lost.status == "diverged" and "diverged at step" in lost.error and not lost.metrics


def test_a_key_knows_the_data_the_family_and_the_optimizer() -> None:
    keys = {
        spec.key
        for spec in (
            make_spec(),
            make_spec(source={"name": "digits", "shift": "noise"}),
            make_spec(source={"name": "mnist_1d"}),
            make_spec(optimizer="sgd"),
            make_spec(optimizer={"name": "adamw", "weight_decay": 0.1}),
            make_spec(family={"name": "mlp", "width": 16, "hidden": 1}),
            make_spec(seed=1),
        )
    }
    assert len(keys) == 7
    same = make_spec(batch=64, optimizer={"name": "adamw"})
    assert make_spec().key == same.key, "dials at their default are left out"
    assert make_spec().trunk_key != make_spec(seed=1).trunk_key


def test_what_is_known_before_it_runs() -> None:
    spec = make_spec(family={"name": "plain_convnet", "width": 4, "norm": "none"}, clip_norm=1.0)
    known = spec.describe()
    assert (known["layers"], known["size"], known["unique_tokens"]) == (8, 4, 600)
    assert known["dials"] == "norm none" and known["settings"] == "clip_norm 1.0"
    cost = spec.estimate([spec, spec], 1e9)
    assert cost.flops == 2 * known["flops"] and cost.cpu_seconds > 0


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"examples": 5000}, "at most 1297"),
        ({"examples": 0}, "at least 1"),
        ({"steps": 3}, "at least 10"),
        ({"cooldown": 0.0}, "lie in"),
        ({"learning_rate": 0.0}, "positive"),
        ({"batch": 1}, "at least 2"),
        ({"family": {"name": "resnet", "depth": 9}}, "6·n"),
        ({"source": {"name": "digits", "label_noise": 1.5}}, "share"),
    ],
)
def test_what_cannot_be_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        make_spec(**changes).describe()


def test_a_family_of_language_models_is_no_classifier() -> None:
    with pytest.raises(UnknownNameError, match="classifiers entry"):
        make_spec(family={"name": "lstm"}).describe()


def test_a_net_that_says_nothing_any_more_has_diverged() -> None:
    """Its training loss is a number still where it is evaluated first."""
    wild = {"family": {"name": "plain_convnet", "norm": "none", "width": 8}, "optimizer": "sgd", "learning_rate": 4.096}
    (found,) = run(make_spec(**wild, examples=1024, steps=100, seed=5))
    assert found.status == "diverged" and "step" in found.error
