"""The mixture of experts: each token's own choice, a load that is measured and kept even."""

from __future__ import annotations

import math

import pytest
import torch

from lab.core.errors import InputError
from lab.families import Shape
from lab.families.moe_transformer import MoETransformer
from lab.families.nets.moe_transformer import Experts

SHAPE = Shape(vocabulary=13, window=10)


def make_experts(experts: int = 4, top_k: int = 2, width: int = 6) -> Experts:
    torch.manual_seed(0)
    layer = Experts(width, 2 * width, experts, top_k).double()
    with torch.no_grad():
        layer.experts_out.normal_()
    return layer


@pytest.mark.parametrize("top_k", [1, 2, 4])
def test_grouped_by_expert_is_one_expert_at_a_time(top_k: int) -> None:
    layer = make_experts(top_k=top_k)
    x_BTW = torch.randn(2, 5, 6, dtype=torch.float64)
    answer_BTW = layer(x_BTW)
    for b in range(2):
        for t in range(5):
            x = x_BTW[b, t]
            shares = (layer.router @ x).softmax(0)
            best = shares.argsort(descending=True)[:top_k]
            one_by_one = sum(shares[e] * layer.experts_out[e] @ (layer.experts_in[e] @ x).relu() ** 2 for e in best)
            torch.testing.assert_close(answer_BTW[b, t], one_by_one, rtol=1e-10, atol=1e-10)


def test_a_token_is_answered_the_same_whatever_stands_beside_it() -> None:
    layer = make_experts()
    x_BTW = torch.randn(3, 7, 6, dtype=torch.float64)
    torch.testing.assert_close(layer(x_BTW)[1:2, 2:3], layer(x_BTW[1:2, 2:3]), rtol=1e-10, atol=1e-12)


def test_load_and_imbalance_of_even_and_of_lopsided_routers() -> None:
    layer = make_experts(experts=4, top_k=1, width=4)
    with torch.no_grad():
        layer.router.copy_(50 * torch.eye(4))
    even, lopsided = torch.eye(4, dtype=torch.float64)[None], torch.eye(4, dtype=torch.float64)[None, [0, 0, 0, 0]]
    for batch, imbalance, load in ((even, 1.0, [1, 1, 1, 1]), (lopsided, 4.0, [4, 0, 0, 0])):
        layer.train()
        layer(batch)
        assert layer.take_imbalance().item() == pytest.approx(imbalance)
        layer.eval()
        layer(batch)
        assert layer.load.tolist() == load


def test_the_report_is_the_entropy_of_the_load() -> None:
    torch.manual_seed(0)
    net = MoETransformer(width=16, layers=2, experts=4).build(SHAPE).eval()
    net(torch.randint(13, (6, 10)))
    expected = []
    for router in (module for module in net.modules() if isinstance(module, Experts)):
        assert router.load.sum() == 60
        shares = [n / 60 for n in router.load.tolist() if n]
        expected.append(-sum(p * math.log(p) for p in shares) / math.log(4))
    assert net.report()["load_entropy"] == pytest.approx(sum(expected) / 2)  # type: ignore[operator]


def test_the_balance_loss_evens_the_load() -> None:
    """From a router that sends nearly everything to one expert, on that loss alone."""
    layer = make_experts(experts=4, top_k=1)
    x_BTW = torch.randn(8, 32, 6, dtype=torch.float64)
    with torch.no_grad():
        layer.router.mul_(0.1)
        layer.router[0] += x_BTW.mean((0, 1)) * 40
    optimizer = torch.optim.Adam([layer.router], lr=0.1)
    imbalances = []
    for _ in range(60):
        layer(x_BTW)
        imbalance = layer.take_imbalance()
        optimizer.zero_grad()
        imbalance.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        imbalances.append(imbalance.item())
    assert imbalances[0] > 1.2 and imbalances[-1] < 0.5 * (1 + imbalances[0])


@pytest.mark.parametrize(
    ("dials", "experts"),
    [
        ({"layers": 4}, (8, 8, 8, 8)),
        ({"layers": 4, "routed": "first_half"}, (8, 8, 0, 0)),
        ({"layers": 4, "routed": "second_half"}, (0, 0, 8, 8)),
        ({"layers": 4, "residual": "pyramid"}, (8, 8, 16, 16)),
        ({"layers": 5, "routed": "second_half", "residual": "pyramid", "experts": 2}, (0, 0, 2, 2, 4)),
        ({"layers": 1, "routed": "first_half"}, (8,)),
    ],
)
def test_which_blocks_have_how_many_experts(dials: dict[str, object], experts: tuple[int, ...]) -> None:
    family = MoETransformer(width=16, **dials)  # type: ignore[arg-type]
    assert family.experts_by_layer == experts
    net = family.build(SHAPE)
    assert [len(m.router) for m in net.modules() if isinstance(m, Experts)] == [e for e in experts if e]
    assert sum(p.numel() for p in net.parameters()) == sum(family.count_parameters(SHAPE).values())


def test_one_expert_of_many_is_as_active_as_a_dense_layer() -> None:
    """All that a token costs more than in a dense Transformer is the router."""
    family = MoETransformer(width=16, layers=2, experts=8)
    dense = 2 * 12 * 16**2 + 2 * 13 * 16
    assert family.count_active(SHAPE) == dense + 2 * 8 * 16
    assert sum(family.count_parameters(SHAPE).values()) == family.count_active(SHAPE) + 2 * 7 * 8 * 16**2


@pytest.mark.parametrize("wrong", [{"experts": 1}, {"top_k": 0}, {"top_k": 9}, {"balance": -1.0}, {"layers": 0}])
def test_what_cannot_be_routed_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(InputError, match=next(iter(wrong))):
        MoETransformer(**wrong)  # type: ignore[arg-type]
