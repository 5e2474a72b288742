"""The plain Transformer is GPT-2's."""

from __future__ import annotations

import pytest
import torch

from benchmarks.plain_gpt2 import PlainGPT2
from lab.core.errors import InputError
from lab.families import Shape
from lab.families.gpt2_transformer import GPT2Transformer

SHAPE = Shape(vocabulary=37, window=16)
PEERS = {  # names in the benchmark's own net
    "readout": "embedding",
    "attention_norm": "first_norm",
    "forward_norm": "second_norm",
    "attention_in_bias": "mix.bias",
    "attention_in": "mix.weight",
    "attention_out": "project",
    "forward_in": "up",
    "forward_out": "down",
}


def name_peer(parameter: str) -> str:
    for ours, theirs in PEERS.items():
        parameter = parameter.replace(ours, theirs)
    return parameter


def test_it_is_the_function_of_another_implementation() -> None:
    family = GPT2Transformer(width=32, layers=2, head_width=16)
    net, peer = family.build(SHAPE), PlainGPT2(SHAPE.vocabulary, SHAPE.window, 32, 2, 2)
    weights = dict(peer.named_parameters())
    assert {name_peer(name) for name, _ in net.named_parameters()} == set(weights)
    with torch.no_grad():
        for name, parameter in net.named_parameters():
            parameter.copy_(weights[name_peer(name)].view_as(parameter).normal_(0.0, 0.2))
    tokens_BT = torch.randint(SHAPE.vocabulary, (3, SHAPE.window))
    torch.testing.assert_close(net.double()(tokens_BT), peer.double()(tokens_BT), rtol=1e-9, atol=1e-9)


def test_matrices_that_write_to_the_stream_start_smaller() -> None:
    net = GPT2Transformer(width=128, layers=8).build(SHAPE)
    for name, parameter in net.named_parameters():
        if parameter.ndim >= 2:
            expected = 0.02 / 4 if name.endswith("_out.weight") else 0.02
            assert parameter.std().item() == pytest.approx(expected, rel=0.1), name


def test_heads_share_the_width_or_are_refused() -> None:
    assert [GPT2Transformer(width=64, head_width=each).heads for each in (16, 32, 64, 128)] == [4, 2, 1, 1]
    with pytest.raises(InputError, match="a multiple of its 2 heads"):
        GPT2Transformer(width=65)
    with pytest.raises(InputError, match="dropout"):
        GPT2Transformer(dropout=1.0)
