"""Training in bfloat16 and training compiled: the same net, near the same numbers, and keys of their own."""

from __future__ import annotations

import functools

import pytest
import torch

from lab.core.registry import open_shelf
from lab.families import Shape
from lab.training.objective import find_objective
from tests.runners.test_train import make_spec
from tests.training.test_loop import BATCH, make_task, train

HORIZON = [BATCH * 20]


def test_bfloat16_rounds_products_and_nothing_that_is_kept() -> None:
    (plain,), (rounded,) = train(make_task(), HORIZON), train(make_task(precision="bfloat16"), HORIZON)
    assert {array.dtype for array in rounded.weights.values()} == {plain.weights["embedding.weight"].dtype}
    assert rounded.metrics["loss_nats"] != plain.metrics["loss_nats"]
    assert rounded.metrics["loss_nats"] == pytest.approx(plain.metrics["loss_nats"], abs=0.05)
    assert rounded.metrics["floor_nats"] == plain.metrics["floor_nats"]


@pytest.mark.parametrize("name", open_shelf("families").names())
def test_every_family_trains_in_bfloat16(name: str) -> None:
    torch.manual_seed(0)
    net = open_shelf("families").load(name)().build(Shape(16, 24))
    tokens_BT = torch.randint(16, (2, 25))
    losses = []
    for enabled in (False, True):
        net.zero_grad()
        with torch.autocast("cpu", torch.bfloat16, enabled=enabled):
            objective, nats = find_objective(net, tokens_BT[:, :-1], tokens_BT[:, 1:])
        objective.backward()
        assert nats.dtype == torch.float32, "a loss is not rounded"
        assert all(p.grad is None or (p.grad.dtype == p.dtype and p.grad.isfinite().all()) for p in net.parameters())
        losses.append(nats.item())
    assert losses[1] == pytest.approx(losses[0], abs=0.05)


def test_a_compiled_net_is_the_same_net(monkeypatch: pytest.MonkeyPatch) -> None:
    """Traced and run op by op, so without a C++ compiler; what fusing changes is a matter of rounding."""
    calls: list[object] = []

    def trace(function: object, *arguments: object, **named: object) -> object:
        calls.append(function)
        return functools.partial(compiled, backend="eager")(function)

    compiled = torch.compile
    monkeypatch.setattr(torch, "compile", trace)
    (plain,), (ours,) = train(make_task(), HORIZON), train(make_task(compile=True), HORIZON)
    assert len(calls) == 1, "the net of the second, and of no other"
    assert ours.metrics == plain.metrics
    assert ours.weights.keys() == plain.weights.keys()


def test_they_are_part_of_the_key() -> None:
    keys = {make_spec(**c).key for c in ({}, {"precision": "bfloat16"}, {"compile": True}, {"device": "cuda"})}
    assert len(keys) == 4
    assert (
        make_spec(precision="bfloat16", compile=True).describe()["dials"]
        == "symbols 8; precision bfloat16; compile True"
    )
    assert make_spec(precision="float32", compile=False).key == make_spec().key
