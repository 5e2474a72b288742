"""Families made of any function that makes a net."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import torch
from torch import nn

from lab.core.errors import InputError
from lab.core.registry import ROOT
from lab.families import Shape
from lab.families.factory import adopt, group_by_name
from lab.runs.runner import Listener
from lab.runs.spec import RunSpec
from tests.runners.test_train import FIELDS, make_spec

SHAPE = Shape(vocabulary=10, window=24)


class Recurrent(nn.Module):
    """Torch's LSTM, whose products its counter sees on the meta device only."""

    def __init__(self, vocabulary: int, width: int) -> None:
        super().__init__()
        self.wte, self.cell = nn.Embedding(vocabulary, width), nn.LSTM(width, width, batch_first=True)
        self.lm_head = nn.Linear(width, vocabulary)

    def forward(self, tokens_BT: torch.Tensor) -> torch.Tensor:
        return self.lm_head(self.cell(self.wte(tokens_BT))[0])


def make(vocabulary: int, window: int, size: int = 8, layers: int = 1) -> nn.Module:
    return Recurrent(vocabulary, size)


def test_arguments_are_dials_and_size_is_the_one_that_turns() -> None:
    family = adopt(make)
    assert family() == family(size=8, layers=1) != family(size=16)  # type: ignore[call-arg]
    assert family().size == 8 and family(size=16).size == 16  # type: ignore[call-arg]


def test_counts_are_those_of_the_net_and_leave_chance_alone() -> None:
    family, before = adopt(make)(), torch.get_rng_state()
    weights, biases = 4 * 8 * (8 + 8), 2 * 4 * 8
    assert family.count_parameters(SHAPE) == {"embedding": 80, "body": weights + biases, "readout": 80 + 10}
    assert family.count_forward_flops(SHAPE) == 2 * SHAPE.window * (weights + 80)
    assert torch.equal(torch.get_rng_state(), before)


def test_groups_are_told_by_name_or_by_a_rule_of_ones_own() -> None:
    named = {
        "transformer.wte.weight": "embedding",
        "token_embedding.weight": "embedding",
        "unembedding.weight": "readout",
        "lm_head.bias": "readout",
        "blocks.0.heads.weight": "body",
    }
    assert {name: group_by_name(name) for name in named} == named
    family = adopt(make, group_of=lambda name: "body")
    assert family().count_parameters(SHAPE)["embedding"] == 0


def make_without_default(vocabulary: int, window: int, size: int) -> nn.Module:
    raise NotImplementedError


def make_without_size(vocabulary: int, window: int, width: int = 8) -> nn.Module:
    raise NotImplementedError


@pytest.mark.parametrize(
    ("maker", "rule"), [(make_without_default, "has a default"), (make_without_size, "takes vocabulary")]
)
def test_a_function_that_makes_no_family_is_refused(maker, rule: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(InputError, match=rule):
        adopt(maker)


class Choosing(nn.Module):
    """Looks at a value, or multiplies nothing."""

    def __init__(self, looks: bool) -> None:
        super().__init__()
        self.looks, self.table = looks, nn.Embedding(10, 10)

    def forward(self, tokens_BT: torch.Tensor) -> torch.Tensor:
        return self.table(tokens_BT + int(self.looks and tokens_BT.sum().item() > 3))


@pytest.mark.parametrize(("looks", "rule"), [(True, "meta device"), (False, "no matrix product")])
def test_a_net_that_cannot_be_counted_says_why(looks: bool, rule: str) -> None:
    def make_choosing(vocabulary: int, window: int, size: int = 8) -> nn.Module:
        return Choosing(looks)

    with pytest.raises(InputError, match=rule):
        adopt(make_choosing)().count_forward_flops(SHAPE)


def test_the_walkthroughs_net_and_optimizer_train_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = dict(re.findall(r"```python\n# mine/(\S+)\n(.*?)```", (ROOT / "CONTRIBUTING.md").read_text(), re.DOTALL))
    for name in ("families/bag_of_words.py", "optimizers/lion.py"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text(files[name])
    monkeypatch.setenv("LAB_PATH", str(tmp_path))
    changes = {"family": {"name": "bag_of_words", "size": 8}, "optimizer": {"name": "lion", "beta1": 0.8}}
    spec, listener = make_spec(**changes, learning_rate=0.01, tokens=256 * 60), Listener()
    assert len(spec.identity["family"]["file"]) == len(spec.identity["optimizer"]["file"]) == 64
    assert (spec.describe()["size"], spec.describe()["optimizer"]) == (8, "lion (beta1 0.8)")
    RunSpec("train", spec.fields)._runner.run([spec.fields], listener)
    ((_, result),) = listener.results
    assert result.status == "done"
    assert result.metrics["loss_nats"] < 0.95 * torch.log(torch.tensor(8.0)).item(), FIELDS
