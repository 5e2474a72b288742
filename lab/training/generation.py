"""Sampling from an autoregressive net, token by token.

The context of a token is never longer than the window the net was trained on: where it would be, it begins anew with
the last half of a window, and so on. One rule for every family, whether its positions are learned, rotary or none;
and on average a token costs two readings of one token with a cache, however long the text grows.

Shapes: B samples, T tokens so far, V vocabulary.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from lab.core.errors import InputError
from lab.core.seeds import open_stream

Predict = Callable[[Tensor], Tensor]
"""All tokens so far, `tokens_BT`, to the logits of the next, `logits_BV`; called with texts that only grow."""


@dataclass(frozen=True)
class Sampling:
    """How the next token is drawn from the logits.

    `temperature` divides the logits; 0 takes the likeliest token (the first of equals). `top_k`: only the k likeliest
    (Fan et al. 2018), 0 for all. `top_p`: only the fewest likeliest that hold this probability together (the nucleus
    of Holtzman et al. 2020), counted at the temperature; 1 for all.
    """

    temperature: float = 1.0
    top_k: int = 0
    top_p: float = 1.0

    def __post_init__(self) -> None:
        rules = (
            ("temperature", 0 <= self.temperature < float("inf"), "a finite number, at least 0"),
            ("top_k", self.top_k >= 0, "at least 0, where 0 keeps all"),
            ("top_p", 0 < self.top_p <= 1, "in (0, 1]"),
        )
        for name, holds, rule in rules:
            if not holds:
                raise InputError(f"sample.{name}", getattr(self, name), rule)

    def choose(self, logits_BV: np.ndarray, uniforms_B: np.ndarray) -> np.ndarray:
        """The tokens (B,) that these uniform numbers in [0, 1) stand for, by the inverse distribution function."""
        if self.temperature == 0:
            likeliest_B: np.ndarray = logits_BV.argmax(axis=1)
            return likeliest_B
        order_BV = np.argsort(-logits_BV, axis=1, kind="stable")
        sorted_BV = np.take_along_axis(logits_BV, order_BV, axis=1).astype(np.float64)
        weights_BV = np.exp((sorted_BV - sorted_BV[:, :1]) / self.temperature)
        if self.top_k:
            weights_BV[:, self.top_k :] = 0.0
        before_BV = np.cumsum(weights_BV, axis=1) - weights_BV
        weights_BV[before_BV >= self.top_p * weights_BV.sum(axis=1, keepdims=True)] = 0.0
        sums_BV = np.cumsum(weights_BV, axis=1)
        ranks_B = (sums_BV <= uniforms_B[:, None] * sums_BV[:, -1:]).sum(axis=1)
        chosen_B: np.ndarray = order_BV[np.arange(len(order_BV)), ranks_B]
        return chosen_B


@torch.no_grad()
def generate(predict: Predict, prompts_BT: np.ndarray, count: int, sampling: Sampling, seed: int) -> np.ndarray:
    """The `count` tokens that follow each prompt: int64, shape (B, count).

    Sample b draws from a stream of its own, so it stays what it is whatever stands beside it. Raises `InputError` for
    prompts without a token or a count below one.
    """
    samples, read = prompts_BT.shape
    for name, value in (("prompt", read), ("tokens", count), ("samples", samples)):
        if value < 1:
            raise InputError(f"sample.{name}", value, "at least 1")
    uniforms_BN = np.stack([open_stream(seed, "sample", b).random(count) for b in range(samples)])
    tokens_BT = torch.from_numpy(prompts_BT.astype(np.int64))
    for n in range(count):
        logits_BV = predict(tokens_BT).cpu().numpy()
        chosen_B = torch.from_numpy(sampling.choose(logits_BV, uniforms_BN[:, n]))
        tokens_BT = torch.cat([tokens_BT, chosen_B[:, None]], dim=1)
    return tokens_BT[:, read:].numpy()


def find_context(length: int, window: int) -> int:
    """Where the context of the token behind `length` others begins; it holds at most `window` of them."""
    stride = max(1, window // 2)
    return -(-max(0, length - window) // stride) * stride


def recompute(net: nn.Module, window: int) -> Predict:
    """Reads the whole context for every token; sets the net to evaluation."""
    net.eval()

    def predict(tokens_BT: Tensor) -> Tensor:
        context_BT = tokens_BT[:, find_context(tokens_BT.shape[1], window) :].to(find_device(net))
        logits_BV: Tensor = net(context_BT)[:, -1]
        return logits_BV

    return predict


def read_on(net: nn.Module, window: int) -> Predict:
    """Reads each token once, through the net's `advance`, until the context begins anew; sets the net to evaluation.

    Raises `InputError` for a net that has none.
    """
    if not hasattr(net, "advance"):
        raise InputError("net", type(net).__name__, "is autoregressive: it offers `advance`", "choose another family")
    net.eval()
    begin, read = 0, 0
    state: Any = None

    def predict(tokens_BT: Tensor) -> Tensor:
        nonlocal begin, read, state
        now = find_context(tokens_BT.shape[1], window)
        if now != begin:
            begin, read, state = now, now, None
        logits_BTV, state = net.advance(tokens_BT[:, read:].to(find_device(net)), state)  # type: ignore[operator]
        read = tokens_BT.shape[1]
        return logits_BTV[:, -1]  # type: ignore[no-any-return]

    return predict


def find_device(net: nn.Module) -> torch.device:
    """Where the net's parameters stand."""
    return next(net.parameters()).device
