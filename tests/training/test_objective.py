"""What training minimises, and what targets without weight do: nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from lab.core.registry import open_shelf
from lab.data import Source
from lab.data.bernoulli import Bernoulli
from lab.families.nets.losses import count_loss
from lab.training.evaluation import CalibrationObserver, evaluate_net
from lab.training.loop import Endpoint, Task, train_trunk
from lab.training.objective import find_objective
from lab.training.schedule import Schedule


@dataclass(frozen=True)
class EverySecond(Bernoulli):
    """Coin flips of which every second is asked for."""

    def target_weights(self, windows_WT: np.ndarray) -> np.ndarray:
        weights = np.zeros((len(windows_WT), windows_WT.shape[1] - 1), dtype=np.float32)
        weights[:, ::2] = 1
        return weights


def make_task(source: Source) -> Task:
    return Task(open_shelf("families").load("lstm")(width=4), source, Schedule(64, 64, 0.5), "adamw", 0.01, 0, 16, 512)


def train(source: Source) -> Endpoint:
    return next(iter(train_trunk(make_task(source), [640], lambda tokens: None)))


def test_weights_of_one_change_nothing_but_the_order_of_sums() -> None:
    logits, targets = torch.randn(3, 5, 7), torch.randint(7, (3, 5))
    torch.testing.assert_close(count_loss(logits, targets), count_loss(logits, targets, torch.ones(3, 5)))


def test_a_target_without_weight_has_no_gradient() -> None:
    logits, targets = torch.randn(2, 4, 3, requires_grad=True), torch.randint(3, (2, 4))
    weights = torch.tensor([[1.0, 0, 2, 0], [0, 0, 0, 1]])
    count_loss(logits, targets, weights).backward()
    assert logits.grad is not None
    assert torch.equal(logits.grad.abs().sum(-1) > 0, weights > 0)


def test_a_net_may_minimise_more_than_the_next_token() -> None:
    class Net(torch.nn.Module):
        def objective(self, inputs: Tensor, targets: Tensor, weights: Tensor | None) -> tuple[Tensor, Tensor]:
            return torch.tensor(3.0), torch.tensor(2.0)

    objective, nats = find_objective(Net(), torch.zeros(1, 1), torch.zeros(1, 1))
    assert (objective.item(), nats.item()) == (3.0, 2.0)


def test_windows_are_averaged_under_their_weights_and_observers_see_what_counts() -> None:
    torch.manual_seed(0)
    source = EverySecond()
    task = make_task(source)
    net = task.family.build(task.shape)
    windows = source.heldout_windows(6, 16)
    documents, weights = np.zeros(6, dtype=np.int64), source.target_weights(windows)
    observer = CalibrationObserver(1)
    losses = evaluate_net(net, windows, documents, [observer], weights)
    with torch.no_grad():
        tokens = torch.from_numpy(windows)
        single = -net(tokens[:, :-1]).double().log_softmax(-1).gather(-1, tokens[:, 1:, None])[..., 0].numpy()
    np.testing.assert_allclose(losses, single[:, ::2].mean(axis=1), rtol=1e-6)
    assert observer.accumulator.counts[0].sum() == 6 * 8


def test_code_lengths_count_the_weighted_targets() -> None:
    whole, half = train(Bernoulli()).metrics, train(EverySecond()).metrics
    assert 0.45 < half["online_bits"] / whole["online_bits"] < 0.55
    assert abs(half["loss_nats"] - half["floor_nats"]) < 0.1


@pytest.mark.parametrize("name", ["transformer", "multi_token_transformer", "moe_transformer"])
def test_what_training_calls_is_compiled(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    trained = []

    def compile_nothing(call: Callable[..., Any], **_: object) -> Callable[..., Any]:
        def call_it(*values: Any) -> Any:
            trained.append(torch.is_grad_enabled())
            return call(*values)

        return call_it

    monkeypatch.setattr(torch, "compile", compile_nothing)
    task = replace(make_task(Bernoulli()), family=open_shelf("families").load(name)(width=8))
    plain = next(iter(train_trunk(task, [640], lambda tokens: None)))
    assert not trained
    compiled = next(iter(train_trunk(replace(task, compile=True), [640], lambda tokens: None)))
    assert trained.count(True) == 10, "once a step"
    assert compiled.metrics == plain.metrics and compiled.weights.keys() == plain.weights.keys()
