"""The two triangles of the token mixing."""

from __future__ import annotations

import torch

from lab.families import Shape
from lab.families.mlp_mixer import MLPMixer
from lab.families.nets.mlp_mixer import Block

SHAPE = Shape(vocabulary=11, window=7)


def test_one_parameter_holds_both_triangles_and_nothing_else() -> None:
    net = MLPMixer(width=8, layers=1).build(SHAPE)
    block = net.blocks[0]
    assert isinstance(block, Block)
    with torch.no_grad():
        block.token_mixing.normal_()
        block.channel_out.zero_()
    first, second = block.token_mixing[:, :-1].tril(), block.token_mixing[:, 1:].triu().T
    assert int((first != 0).sum() + (second != 0).sum()) == block.token_mixing.numel()
    stream_BTW = torch.randn(2, SHAPE.window, 8)
    inputs_BTW = stream_BTW / stream_BTW.square().mean(dim=-1, keepdim=True).sqrt()
    expected = stream_BTW + second @ torch.nn.functional.gelu(first @ inputs_BTW)
    torch.testing.assert_close(block(stream_BTW, None)[0], expected, rtol=1e-4, atol=1e-5)


def test_every_row_begins_at_the_same_scale() -> None:
    """A late token reads many others: what it gets of them must not grow with their number."""
    torch.manual_seed(0)
    block = MLPMixer(width=8).build(Shape(11, 256)).blocks[0]  # type: ignore[union-attr, index]
    norms = block.token_mixing[:, :-1].tril().norm(dim=1)  # type: ignore[union-attr, index]
    assert bool(((norms[64:] > 0.7) & (norms[64:] < 1.4)).all())
