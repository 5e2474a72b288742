"""Examined nets: the training unchanged, and marks that mean what they say for answerers that are known."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from lab.core.columns import COLUMNS
from lab.core.errors import InputError
from lab.core.registry import open_shelf
from lab.core.seeds import open_stream
from lab.data.fact_world import FactWorld
from lab.runs.runner import Listener, Result
from lab.runs.spec import RunSpec
from lab.training.examination import PAPERS, Answers, mark, measure_p_true, take_paper

FIELDS: dict[str, Any] = {
    "family": {"name": "transformer", "width": 8},
    "source": {"name": "fact_world", "entities": 16},
    "optimizer": "muon",
    "learning_rate": 0.02,
    "batch_tokens": 384,
    "window": 48,
    "warmup_tokens": 768,
    "evaluation_tokens": 48 * 32,
    "tokens": 3840,
}
WORLD = FactWorld(entities=16, disputed=0.5)


@cache
def run(runner: str) -> Result:
    listener = Listener()
    dials = {"questions": 128, "shots": 2} if runner == "examine" else {}
    open_shelf("runners").load(runner).run([{**FIELDS, **dials}], listener)
    ((_, result),) = listener.results
    return result


def test_the_net_is_trained_as_any_and_its_columns_are_words_of_the_lab() -> None:
    plain, examined = run("train"), run("examine")
    assert {name: examined.metrics[name] for name in plain.metrics} == plain.metrics
    assert examined.metrics.keys() <= COLUMNS.keys()
    for paper in PAPERS:
        for column in ("accuracy", "confidence", "true_gap", "ece", "rms"):
            assert 0 <= float(str(examined.metrics[f"{paper}_{column}"])) <= 1
    assert run("examine").metrics == examined.metrics


def test_whoever_knows_the_world_is_calibrated_and_has_no_gap() -> None:
    asked = WORLD.teller.tell(open_stream(1, "test"), "open", 4000)
    found = mark(Answers(asked, asked.right_NK))
    assert found["true_gap"] == pytest.approx(0, abs=1e-12) and found["rms"] < 0.05
    assert found["accuracy"] == pytest.approx(found["best_accuracy"], abs=0.03)
    sharper = asked.right_NK**4 / (asked.right_NK**4).sum(axis=1, keepdims=True)
    assert mark(Answers(asked, sharper))["true_gap"] > 0.03 and mark(Answers(asked, sharper))["rms"] > 0.05


class Knowing(nn.Module):
    """Says the truth about every fact it is asked for openly, and 'yes' to what it would say."""

    def __init__(self, knows: np.ndarray) -> None:
        super().__init__()
        self.teller, self.knows = WORLD.teller, knows

    def forward(self, tokens_BT: Tensor) -> Tensor:
        teller, world = self.teller, self.teller.world
        logits = torch.zeros(*tokens_BT.shape, teller.vocabulary)
        for row, tokens in enumerate(tokens_BT.numpy()):
            names = sorted(tokens[1:3])
            entity, attribute = names[0] - teller.first_entity, names[1] - teller.first_attribute
            values = teller.first_value + attribute * world.shape[2]
            if self.knows[entity]:
                likeliest = int(world.truth_EAV[entity, attribute].argmax())
                logits[row, -1, values + likeliest] = 5.0
            logits[row, -1, 10] = 3.0 if self.knows[entity] else -3.0  # yes
        return logits


def test_p_true_tells_what_a_net_knows() -> None:
    net = Knowing(np.arange(16) % 2 == 0)
    certain = FactWorld(entities=16, disputed=0.0)
    assert (certain.world.truth_EAV.argmax(2) == WORLD.world.truth_EAV.argmax(2)).mean() > 0.9
    answers = take_paper(net, certain, PAPERS["open"], 600, 0, 0)
    found = measure_p_true(net, certain, answers)
    assert found["p_true_auc"] > 0.9 and abs(found["p_true_gap"]) < 0.2


def test_keys_are_of_their_own_and_wrong_fields_are_refused() -> None:
    fields = {**FIELDS, "questions": 128, "shots": 2}
    spec = RunSpec("examine", fields)
    assert spec.key != RunSpec("train", FIELDS).key
    assert open_shelf("runners").load("examine").describe(fields)["parent"] == RunSpec("train", FIELDS).key
    for wrong, words in (
        ({"questions": 3}, "64"),
        ({"shots": 9}, "a longer window"),
        ({"source": {"name": "markov"}}, "fact world"),
    ):
        with pytest.raises(InputError, match=words):
            open_shelf("runners").load("examine").identify({**fields, **wrong})
