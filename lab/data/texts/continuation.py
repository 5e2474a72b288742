"""Text continued by a chain of order k: what statistics of neighbours alone would write.

Each byte is one that followed the last k somewhere in a text, drawn by how often it did (Shannon 1948, A Mathematical
Theory of Communication, section 3). Shapes: S samples, D bytes of text.
"""

from __future__ import annotations

import numpy as np

from lab.core.errors import InputError
from lab.core.seeds import open_stream

MOST_CONTEXT = 7  # bytes that an int64 holds


def continue_text(text_D: np.ndarray, prompt: bytes, count: int, samples: int, order: int, seed: int) -> np.ndarray:
    """The `count` bytes that follow the prompt, uint8, (S, count); a context that is nowhere is followed by any byte.

    Raises `InputError` for an order that is not 1 … 7, or a prompt or a text shorter than it.
    """
    if not 1 <= order <= MOST_CONTEXT:
        raise InputError("chain.order", order, f"lies in 1 … {MOST_CONTEXT}")
    if min(len(prompt), len(text_D) - 1) < order:
        raise InputError("chain.order", order, "the prompt and the text are at least as long", "take a smaller order")
    rng = open_stream(seed, "continuation")
    contexts = _pack(text_D, order)[:-1]
    places = np.argsort(contexts, kind="stable")
    ordered, following = contexts[places], text_D[order:][places]
    context_S = np.full(samples, _pack(np.frombuffer(prompt[-order:], np.uint8), order)[0])
    written = np.empty((samples, count), dtype=np.uint8)
    for n in range(count):
        low_S, high_S = (np.searchsorted(ordered, context_S, side=side) for side in ("left", "right"))
        unseen_S = low_S == high_S
        low_S, high_S = np.where(unseen_S, 0, low_S), np.where(unseen_S, len(ordered), high_S)
        written[:, n] = following[low_S + (rng.random(samples) * (high_S - low_S)).astype(np.int64)]
        context_S = (context_S << 8 | written[:, n]) & (1 << 8 * order) - 1
    return written


def _pack(text_D: np.ndarray, order: int) -> np.ndarray:
    """The `order` bytes from each place on, as one number each."""
    last = len(text_D) - order + 1
    packed = np.zeros(last, dtype=np.int64)
    for k in range(order):
        packed = packed << 8 | text_D[k : k + last].astype(np.int64)
    return packed
