"""Transfer: the parent is the net of its own training run, the null is a training from scratch, keys of their own."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest

from lab.core.columns import COLUMNS
from lab.core.errors import InputError
from lab.core.registry import open_shelf
from lab.data.induction import Induction
from lab.runs.runner import Listener, Result
from lab.runs.spec import RunSpec
from lab.training.transfer import WiderSource

CHAIN = {"name": "markov", "symbols": 8, "order": 1}
PARENT = {"source": CHAIN, "tokens": 20_480, "warmup_tokens": 1024}
FIELDS: dict[str, Any] = {
    "family": {"name": "lstm", "width": 8},
    "source": CHAIN,
    "learning_rate": 0.02,
    "tokens": 2560,
    "batch_tokens": 256,
    "window": 32,
    "warmup_tokens": 256,
    "evaluation_tokens": 1024,
    "parent": PARENT,
}
OTHER = {**FIELDS, "source": {**CHAIN, "symbols": 4}, "offset": 2}


@cache
def run() -> tuple[Result, Result]:
    """To the source the parent knows, and to another in four of its eight symbols."""
    listener = Listener()
    open_shelf("runners").load("transfer").run([FIELDS, OTHER], listener)
    (_, same), (_, other) = listener.results
    return same, other


def read(result: Result, name: str) -> float:
    return float(str(result.metrics[name]))


def test_the_parent_is_the_net_of_the_training_run_it_names() -> None:
    listener = Listener()
    parent = {**{name: value for name, value in FIELDS.items() if name != "parent"}, **PARENT}
    open_shelf("runners").load("train").run([parent], listener)
    ((_, plain),) = listener.results
    for fields, result in zip((FIELDS, OTHER), run(), strict=True):
        assert result.status == "done" and result.metrics.keys() <= COLUMNS.keys()
        assert result.metrics["upstream_nats"] == plain.metrics["loss_nats"]
        assert RunSpec("transfer", fields).describe()["parent"] == RunSpec("train", parent).key
    assert read(run()[0], "before_nats") == pytest.approx(read(run()[0], "upstream_nats"), abs=1e-6)


def test_what_is_known_already_is_ahead_of_scratch_and_the_other_source_is_learned() -> None:
    same, other = run()
    assert read(same, "loss_nats") < read(same, "scratch_nats") - 0.1
    assert read(other, "loss_nats") < read(other, "before_nats")
    assert other.curve["tokens"][-1] == FIELDS["tokens"] and read(other, "floor_nats") < read(other, "loss_nats")


def test_scratch_is_the_training_run_of_those_fields() -> None:
    """Where the target is the parent's source, so that the vocabulary is the same."""
    listener = Listener()
    open_shelf("runners").load("train").run([{k: v for k, v in FIELDS.items() if k != "parent"}], listener)
    assert run()[0].metrics["scratch_nats"] == listener.results[0][1].metrics["loss_nats"]


def test_targets_of_a_parent_are_one_trunk_and_another_parent_is_another() -> None:
    same, other = (RunSpec("transfer", fields) for fields in (FIELDS, OTHER))
    assert same.key != other.key and same.trunk_key != same.key
    longer = RunSpec("transfer", {**FIELDS, "parent": {**PARENT, "tokens": 40_960}})
    assert longer.key != same.key and longer.trunk_key != same.trunk_key
    assert RunSpec("transfer", {**FIELDS, "offset": 0}).key == same.key
    moved = RunSpec("transfer", {**OTHER, "offset": 3})
    assert moved.key != other.key
    known = other.describe()
    assert known["upstream"] == "markov" and known["upstream_tokens"] == PARENT["tokens"]
    assert known["params_total"] == same.describe()["params_total"], "the net is the parent's"
    both, one = (same.estimate(specs, 1e9) for specs in ([same, other], [same]))
    assert one.flops < both.flops < 2 * one.flops


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"parent": {}}, "source and tokens"),
        ({"parent": {**PARENT, "window": 64}}, "source and tokens"),
        ({"parent": 3}, "source and tokens"),
        ({"offset": 7}, "fit in the parent's 8"),
        ({"offset": -1}, "fit in the parent's 8"),
        ({"source": {**CHAIN, "symbols": 16}}, "fit in the parent's 8"),
        ({"tokens": 100}, "tokens: got 100"),
        ({"parent": {**PARENT, "tokens": 100}}, "tokens: got 100"),
    ],
)
def test_what_cannot_be_transferred(changed: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        RunSpec("transfer", {**OTHER, **changed}).key  # noqa: B018


def test_a_wider_source_is_the_source_moved() -> None:
    source = Induction(symbols=8)
    wider = WiderSource(source, 256, 32)
    plain, moved = source.heldout_windows(4, 64), wider.heldout_windows(4, 64)
    assert (moved == plain + 32).all() and wider.vocabulary == 256
    assert (wider.training_windows(0, 3, 2, 64) == source.training_windows(0, 3, 2, 64) + 32).all()
    for name in ("target_weights", "true_loss"):
        own, other = getattr(source, name)(plain), getattr(wider, name)(moved)
        assert np.array_equal(own, other), name
    assert wider.content_hash() == source.content_hash() and wider.count_unique(99, 64) == source.count_unique(99, 64)
    assert (wider.heldout_documents(4, 64) == source.heldout_documents(4, 64)).all()
