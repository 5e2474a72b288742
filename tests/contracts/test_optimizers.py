"""The contract of an optimizer."""

from __future__ import annotations

import copy
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from lab.core.errors import InputError
from lab.core.registry import ROOT, open_shelf
from lab.families import Family, Group
from lab.runs.spec import RunSpec
from lab.training.optimizers import OptimizerSet, make_optimizers
from tests.runners.test_train import FIELDS, make_spec

EVERY = pytest.mark.parametrize("name", open_shelf("optimizers").names())
RATES = [0.003, 0.01, 0.03, 0.1, 0.3]
STEPS = 200


class Groups(Family):
    """A net of three matrices and a vector, one group each, is grouped by its modules' names."""

    def group_of(self, parameter: str) -> Group:
        name = parameter.split(".")[0]
        return name if name in ("embedding", "readout") else "body"  # type: ignore[return-value]

    def build(self, shape: Any) -> nn.Module:
        torch.manual_seed(0)
        return nn.ModuleDict(
            {"embedding": nn.Embedding(5, 6), "body": nn.Linear(6, 8), "readout": nn.Linear(8, 5, bias=False)}
        )

    def count_parameters(self, shape: Any) -> dict[Group, int]:
        return {"embedding": 30, "body": 56, "readout": 40}

    def count_forward_flops(self, shape: Any) -> int:
        return 1


def find_loss(net: nn.Module) -> torch.Tensor:
    """A quadratic in each parameter: its distance to a fixed place."""
    generator = torch.Generator().manual_seed(1)
    distances = [F.mse_loss(p, torch.randn(p.shape, generator=generator), reduction="sum") for p in net.parameters()]
    return torch.stack(distances).sum()


def descend(net: nn.Module, optimizers: OptimizerSet, begin: int, end: int) -> None:
    for step in range(begin, end):
        find_loss(net).backward()
        optimizers.step(1 - step / STEPS)


def start(name: str, rate: float) -> tuple[nn.Module, OptimizerSet]:
    net = Groups().build(None)
    return net, make_optimizers(name, net, Groups(), rate, batch_tokens=2048)


@EVERY
def test_some_rate_leads_to_the_bottom_of_a_quadratic(name: str) -> None:
    ratios = []
    for rate in RATES:
        net, optimizers = start(name, rate)
        before = find_loss(net).item()
        descend(net, optimizers, 0, STEPS)
        ratios.append(find_loss(net).item() / before)
    assert min(ratios) < 1e-2, ratios


@EVERY
def test_it_goes_on_from_a_state_to_the_same_bits(name: str) -> None:
    net, optimizers = start(name, 0.03)
    descend(net, optimizers, 0, 5)
    kept = copy.deepcopy((net.state_dict(), optimizers.state_dict()))
    descend(net, optimizers, 5, 10)
    again, others = start(name, 0.03)
    again.load_state_dict(kept[0])
    others.load_state_dict(kept[1])
    descend(again, others, 5, 10)
    assert all(torch.equal(ours, theirs) for ours, theirs in zip(net.parameters(), again.parameters(), strict=True))
    whole, anew = start(name, 0.03)
    descend(whole, anew, 0, 10)
    assert all(torch.equal(ours, theirs) for ours, theirs in zip(net.parameters(), whole.parameters(), strict=True))


@EVERY
def test_the_rate_is_a_factor_of_every_group(name: str) -> None:
    small, large = (start(name, rate)[1] for rate in (0.01, 0.02))
    ratios = [b["lr"] / a["lr"] for a, b in zip(small._groups(), large._groups(), strict=True)]
    assert ratios == pytest.approx([2.0] * len(ratios))


@EVERY
def test_its_rate_times_nothing_moves_nothing(name: str) -> None:
    net, optimizers = start(name, 0.03)
    before = copy.deepcopy(list(net.parameters()))
    find_loss(net).backward()
    optimizers.step(0.0)
    assert all(torch.equal(ours, theirs) for ours, theirs in zip(net.parameters(), before, strict=True))


def test_naming_them_needs_no_torch() -> None:
    code = (
        "import sys\nfrom lab.core.registry import open_shelf\n"
        "assert all(open_shelf('optimizers').load(name)() for name in open_shelf('optimizers').names())\n"
        "assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], env={**os.environ, "PYTHONPATH": str(ROOT)}, check=True)


def test_a_table_of_dials_is_the_name_where_it_says_no_more() -> None:
    assert make_spec(optimizer={"name": "muon"}).key == make_spec(optimizer="muon").key
    assert make_spec(optimizer={"name": "muon", "momentum": 0.95}).key == make_spec().key
    changed = make_spec(optimizer={"name": "muon", "momentum": 0.9})
    assert changed.key != make_spec().key and changed.describe()["optimizer"] == "muon (momentum 0.9)"
    plain = {key: value for key, value in FIELDS.items() if key != "optimizer"}
    assert RunSpec("train", plain).key == make_spec(optimizer={"name": "adamw"}).key == make_spec(optimizer="adamw").key
    for wrong, message in (({"name": "muon", "momentun": 1.0}, "did you mean 'momentum'"), ({}, "names its entry")):
        with pytest.raises(InputError, match=message):
            _ = make_spec(optimizer=wrong).key


SIGN = '''
"""The sign of the gradient (Bernstein et al. 2018)."""
from dataclasses import dataclass
from lab.optimizers import Optimizer

@dataclass(frozen=True)
class Sign(Optimizer):
    """`left_out`: a group it forgets."""
    left_out: str = ""
    def build(self, parameters, learning_rate, batch_tokens):
        import torch
        class Update(torch.optim.Optimizer):
            @torch.no_grad()
            def step(self, closure=None):
                for group in self.param_groups:
                    for parameter in group["params"]:
                        parameter.sub_(parameter.grad.sign(), alpha=group["lr"])
        owned = [p for name, ps in parameters.items() if name != self.left_out for p in ps.values()]
        return [Update(owned, {"lr": learning_rate})]

optimizer = Sign
'''


def test_one_of_your_own_is_one_file_and_its_file_is_in_the_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "optimizers").mkdir()
    file = tmp_path / "optimizers" / "sign.py"
    file.write_text(SIGN)
    monkeypatch.setenv("LAB_PATH", str(tmp_path))
    spec = make_spec(optimizer="sign")
    assert len(spec.identity["optimizer"]["file"]) == 64
    net, optimizers = start("sign", 0.1)
    descend(net, optimizers, 0, STEPS)
    assert find_loss(net).item() < 0.01 * find_loss(Groups().build(None)).item()
    with pytest.raises(InputError, match="left out"):
        chosen = open_shelf("optimizers").load("sign")(left_out="body")
        make_optimizers(chosen, net, Groups(), 0.1, 2048)
    file.write_text(SIGN.replace("sign(), alpha", "sign() , alpha"))
    assert make_spec(optimizer="sign").key != spec.key
