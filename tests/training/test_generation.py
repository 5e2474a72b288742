"""Sampling: with a cache and without one the same text, drawn from the distribution asked for."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from lab.core.errors import InputError
from lab.core.registry import open_shelf
from lab.families import Shape
from lab.training.generation import Sampling, find_context, generate, read_on, recompute

SHAPE = Shape(vocabulary=11, window=12)
LONGER = 3 * SHAPE.window  # tokens drawn: the context begins anew several times
WAYS = [Sampling(0.0), Sampling(0.8), Sampling(1.0, top_k=3), Sampling(1.2, top_p=0.6)]
HALF_AND_RISING = np.log(np.array([[0.05, 0.5, 0.15, 0.3]]))


def build_net(family: str, spread: float = 0.3) -> torch.nn.Module:
    """The net with every parameter drawn at random: zeros at the start would hide what a path computes."""
    torch.manual_seed(0)
    kind = open_shelf("families").load(family)
    net: torch.nn.Module = kind(**{kind.size_dial: 16}).build(SHAPE)
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.normal_(0.0, spread)
    return net


@pytest.mark.parametrize("family", open_shelf("families").names())
@pytest.mark.parametrize("prompt", [1, SHAPE.window, 2 * SHAPE.window + 1])
def test_cached_and_recomputed_text_is_the_same(family: str, prompt: int) -> None:
    net = build_net(family).double()
    if not hasattr(net, "advance"):
        pytest.skip("not autoregressive")
    prompts_BT = np.random.default_rng(0).integers(SHAPE.vocabulary, size=(3, prompt))
    for way in WAYS:
        cached, whole = (generate(make(net, 12), prompts_BT, LONGER, way, seed=1) for make in (read_on, recompute))
        np.testing.assert_array_equal(cached, whole)


@pytest.mark.parametrize("family", open_shelf("families").names())
def test_cached_and_recomputed_logits_agree_in_float32(family: str) -> None:
    net = build_net(family, spread=0.1)  # logits of about one, so that a millionth is ten roundings
    if not hasattr(net, "advance"):
        pytest.skip("not autoregressive")
    tokens_BT = torch.randint(SHAPE.vocabulary, (2, LONGER), generator=torch.Generator().manual_seed(0))
    cached, whole = read_on(net, SHAPE.window), recompute(net, SHAPE.window)
    with torch.no_grad():
        for length in range(1, LONGER + 1):
            here, there = cached(tokens_BT[:, :length]), whole(tokens_BT[:, :length])
            torch.testing.assert_close(here, there, rtol=0, atol=1e-6)


@pytest.mark.parametrize("window", [2, 3, 12])
def test_the_context_is_neither_empty_nor_longer_than_the_window(window: int) -> None:
    for length in range(1, 5 * window):
        begin = find_context(length, window)
        assert 0 <= begin < length <= begin + window
        assert begin == 0 or length - begin > window - max(1, window // 2)
        assert find_context(length + 1, window) >= begin


def draw(sampling: Sampling, count: int = 4000) -> np.ndarray:
    uniforms = (np.arange(count) + 0.5) / count
    return np.bincount(sampling.choose(np.repeat(HALF_AND_RISING, count, axis=0), uniforms), minlength=4) / count


@pytest.mark.parametrize(
    ("sampling", "expected"),
    [
        (Sampling(), [0.05, 0.5, 0.15, 0.3]),
        (Sampling(0.0), [0, 1, 0, 0]),
        (Sampling(0.5), np.array([0.0025, 0.25, 0.0225, 0.09]) / 0.365),
        (Sampling(top_k=2), [0, 0.625, 0, 0.375]),
        (Sampling(top_k=1), [0, 1, 0, 0]),
        (Sampling(top_p=0.79), [0, 0.625, 0, 0.375]),
        (Sampling(top_p=0.81), np.array([0, 0.5, 0.15, 0.3]) / 0.95),
        (Sampling(top_p=1e-9), [0, 1, 0, 0]),
    ],
)
def test_tokens_come_as_often_as_they_should(sampling: Sampling, expected: np.ndarray) -> None:
    np.testing.assert_allclose(draw(sampling), expected, atol=1e-3)


def test_a_sample_is_its_own_whatever_stands_beside_it() -> None:
    net = build_net("lstm").double()
    prompts_BT = np.zeros((4, 1), dtype=np.int64)
    four = generate(read_on(net, 12), prompts_BT, 20, Sampling(), seed=5)
    one = generate(read_on(net, 12), prompts_BT[:1], 20, Sampling(), seed=5)
    other = generate(read_on(net, 12), prompts_BT, 20, Sampling(), seed=6)
    np.testing.assert_array_equal(four[:1], one)
    assert len({tuple(row) for row in four}) == 4
    assert (four != other).any()


@pytest.mark.parametrize(
    "wrong", [{"temperature": -1.0}, {"temperature": float("nan")}, {"top_k": -1}, {"top_p": 0.0}, {"top_p": 1.1}]
)
def test_what_is_no_way_of_sampling_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(InputError, match=next(iter(wrong))):
        Sampling(**wrong)  # type: ignore[arg-type]


def test_an_empty_prompt_and_a_net_that_cannot_read_on_are_refused() -> None:
    net = build_net("lstm")
    with pytest.raises(InputError, match="prompt"):
        generate(read_on(net, 12), np.zeros((1, 0), dtype=np.int64), 5, Sampling(), seed=0)
    with pytest.raises(InputError, match="advance"):
        read_on(torch.nn.Linear(2, 2), 12)
