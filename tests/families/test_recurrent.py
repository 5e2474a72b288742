"""The recurrent families beyond their contract: the LSTM's default is what it was, and what its dials do."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

from lab.core.errors import InputError
from lab.core.registry import open_shelf
from lab.families import Shape
from lab.runs.spec import RunSpec

SHAPE = Shape(vocabulary=31, window=20)
LSTM = open_shelf("families").load("lstm")
RATE = 0.4


def build(seed: int = 0, **dials: Any) -> nn.Module:
    torch.manual_seed(seed)
    net: nn.Module = LSTM(width=24, **dials).build(SHAPE)
    return net


def draw_tokens() -> torch.Tensor:
    return torch.randint(SHAPE.vocabulary, (8, SHAPE.window), generator=torch.Generator().manual_seed(0))


def test_the_default_lstm_is_what_it_was() -> None:
    """Bit for bit, in its draws and in what it computes: torch's own modules, drawn in this order."""
    torch.manual_seed(3)
    embedding, cells = nn.Embedding(31, 24), nn.LSTM(24, 24, 2, batch_first=True)
    readout = nn.Linear(24, 31, bias=False)
    with torch.no_grad():
        cells.bias_ih_l0[24:48] = 1.0
        cells.bias_ih_l1[24:48] = 1.0
    logits_BTV = readout(cells(embedding(draw_tokens()))[0])
    after = torch.get_rng_state()
    net = build(seed=3, layers=2)
    assert torch.equal(net(draw_tokens()), logits_BTV)
    assert torch.equal(torch.get_rng_state(), after), "the default draws nothing in training"


def test_dials_at_their_default_are_not_in_the_key() -> None:
    fields = {"source": {"name": "markov"}, "tokens": 20_480, "learning_rate": 0.01}
    spelled = {"name": "lstm", "width": 8, "cell": "plain", "dropout": 0.0, "dropped": "feedforward"}
    short = RunSpec("train", {**fields, "family": {"name": "lstm", "width": 8}})
    assert RunSpec("train", {**fields, "family": spelled}).key == short.key
    assert RunSpec("train", {**fields, "family": {**spelled, "cell": "peephole"}}).key != short.key


@pytest.mark.parametrize("name", ["rnn", "gru"])
def test_recurrent_matrices_start_orthogonal(name: str) -> None:
    torch.manual_seed(0)
    net = open_shelf("families").load(name)(width=12, layers=2).build(SHAPE)
    for layer in range(2):
        for matrix in getattr(net.cells, f"weight_hh_l{layer}").split(12):
            torch.testing.assert_close(matrix @ matrix.T, torch.eye(12), atol=1e-5, rtol=0)


def test_a_peephole_cell_starts_as_a_plain_one_and_sees_its_memory() -> None:
    plain, peephole = build(), build(cell="peephole")
    torch.testing.assert_close(peephole(draw_tokens()), plain(draw_tokens()))
    with torch.no_grad():
        peephole.peepholes[0][24:48] = 50.0  # a forget gate that opens on what is positive and clears what is negative
    _, ((_, memory),) = peephole.advance(draw_tokens(), None)
    (_, kept) = plain.advance(draw_tokens(), None)[1]
    assert memory.mean() > kept.mean() + 0.1


@pytest.mark.parametrize("dials", [{}, {"cell": "peephole"}, {"dropped": "all"}, {"dropped": "all", "layers": 2}])
def test_dropout_draws_from_the_global_generator_in_training_only(dials: dict[str, Any]) -> None:
    net, plain = build(dropout=RATE, **dials), build(layers=dials.get("layers", 1))
    drawn = []
    for seed in (0, 0, 1):
        torch.manual_seed(seed)
        drawn.append(net(draw_tokens()))
    assert torch.equal(drawn[0], drawn[1]) and not torch.equal(drawn[0], drawn[2])
    net.eval()
    torch.testing.assert_close(net(draw_tokens()), plain(draw_tokens()))


@pytest.mark.parametrize("cell", ["plain", "peephole"])
@pytest.mark.parametrize("dropped", ["feedforward", "all"])
def test_feedforward_dropout_leaves_the_recurrence_alone(cell: str, dropped: str) -> None:
    """With no weight from the input, what the cells put out is certain, and only then thinned on its way out."""
    net = build(dropout=RATE, dropped=dropped, cell=cell, layers=2)
    net.readout = nn.Identity()
    with torch.no_grad():
        for layer in range(2):
            getattr(net.cells, f"weight_ih_l{layer}").zero_()
    thinned = net(draw_tokens())
    net.eval()
    whole = net(draw_tokens())
    kept = thinned != 0
    assert kept.float().mean().item() == pytest.approx(1 - RATE, abs=0.05)
    certain = torch.allclose(thinned[kept], whole[kept] / (1 - RATE), atol=1e-5)
    assert certain == (dropped == "feedforward")


@pytest.mark.parametrize("dropout", [-0.1, 1.0])
def test_dropout_is_a_share(dropout: float) -> None:
    with pytest.raises(InputError, match=r"lstm\.dropout"):
        LSTM(dropout=dropout)
