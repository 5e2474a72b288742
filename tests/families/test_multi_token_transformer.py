"""Several tokens foretold at once: heads that see what they may, and drafts that change no text."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from lab.core.errors import InputError
from lab.families import Shape
from lab.families.multi_token_transformer import MultiTokenTransformer
from lab.families.nets.multi_token_transformer import MultiTokenNet
from lab.training.generation import Sampling, generate, read_on, recompute
from lab.training.speculation import speculate

SHAPE = Shape(vocabulary=7, window=12)


def build_net(foretold: int = 3, seed: int = 0) -> MultiTokenNet:
    torch.manual_seed(seed)
    net = MultiTokenTransformer(width=16, layers=2, foretold=foretold).build(SHAPE).double()
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.normal_(0.0, 0.3)
    assert isinstance(net, MultiTokenNet)
    return net


def test_the_objective_is_the_mean_over_heads_of_the_loss_of_the_token_so_far_ahead() -> None:
    net, tokens_BT = build_net(), torch.randint(7, (4, 13), generator=torch.Generator().manual_seed(0))
    weights_BT = torch.rand(4, 12, dtype=torch.float64)
    logits_nBTV = net.foretell(tokens_BT[:, :-1]).detach()
    for weights in (None, weights_BT):
        losses = []
        for ahead in (1, 2, 3):
            single = [
                (float(F.cross_entropy(logits_nBTV[ahead - 1, b, t], tokens_BT[b, t + ahead])), b, t + ahead - 1)
                for b in range(4)
                for t in range(13 - ahead)
            ]
            kept = np.array([1.0 if weights is None else float(weights[b, target]) for _, b, target in single])
            losses.append(float((np.array([loss for loss, _, _ in single]) * kept).sum() / kept.sum()))
        objective, nats = net.objective(tokens_BT[:, :-1], tokens_BT[:, 1:], weights)
        assert objective.item() == pytest.approx(np.mean(losses), rel=1e-9)
        assert nats.item() == pytest.approx(losses[0], rel=1e-9)


def test_one_head_is_the_plain_loss() -> None:
    net, tokens_BT = build_net(foretold=1), torch.randint(7, (2, 13))
    objective, nats = net.objective(tokens_BT[:, :-1], tokens_BT[:, 1:], None)
    assert torch.equal(objective, nats)


def test_no_head_sees_the_future_and_all_read_on_from_a_state() -> None:
    net, tokens_BT = build_net(), torch.randint(7, (2, 12), generator=torch.Generator().manual_seed(1))
    whole_nBTV = net.foretell(tokens_BT)
    state, pieces = None, []
    for piece in tokens_BT.split([5, 1, 6], dim=1):
        logits_nBTV, state = net.foretell_on(piece, state)
        pieces.append(logits_nBTV)
    torch.testing.assert_close(torch.cat(pieces, dim=2), whole_nBTV, rtol=1e-9, atol=1e-9)
    torch.testing.assert_close(whole_nBTV[0], net(tokens_BT), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("foretold", [1, 2, 4])
@pytest.mark.parametrize("prompt", [1, 12, 30])
def test_speculative_text_is_greedy_text(foretold: int, prompt: int) -> None:
    for seed in range(3):
        net = build_net(foretold, seed)
        prompts_BT = np.random.default_rng(seed).integers(7, size=(1, prompt))
        spoken = speculate(net, prompts_BT[0], 40, SHAPE.window)
        for make in (read_on, recompute):
            greedy = generate(make(net, SHAPE.window), prompts_BT, 40, Sampling(0.0), seed=0)
            np.testing.assert_array_equal(spoken.tokens, greedy[0])
        assert spoken.accepted.sum() >= 40 and 1 <= spoken.accepted.min() <= spoken.accepted.max() <= foretold


def test_heads_that_are_right_are_accepted() -> None:
    """Where every head foretells the same token, all drafts hold, but for those cut where a context begins anew."""
    net = build_net(foretold=4)
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.zero_()
    spoken = speculate(net, np.zeros(1, dtype=np.int64), 40, window=64)
    assert spoken.tokens.tolist() == [0] * 40
    assert spoken.accepted.tolist() == [1] + [4] * 10
    assert spoken.mean_accepted == pytest.approx(41 / 11)


def test_training_counts_every_head_and_evaluation_the_first() -> None:
    """By hand: 12·W² weights a block, V·W of the readout, 4·T²·W for the scores of a block."""
    family, block, readout, scores = MultiTokenTransformer(width=16, layers=2), 12 * 16**2, 7 * 16, 4 * 12**2 * 16
    assert family.count_forward_flops(SHAPE) == 2 * 12 * (2 * block + readout) + 2 * scores
    assert family.count_training_flops(SHAPE) == 3 * (2 * 12 * (5 * block + 4 * readout) + 5 * scores)
    assert family.count_active(SHAPE) == 2 * block + 2 * readout
    assert family.count_parameters(SHAPE)["body"] == 5 * block


def test_what_cannot_be_foretold_or_prompted_is_refused() -> None:
    with pytest.raises(InputError, match="foretold"):
        MultiTokenTransformer(foretold=0)
    with pytest.raises(InputError, match="prompt"):
        speculate(build_net(), np.zeros(0, dtype=np.int64), 5, 12)
