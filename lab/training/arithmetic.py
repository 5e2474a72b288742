"""The arithmetic of a run: one thread, no denormal numbers, and as it was before once the run is over."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import torch


@contextlib.contextmanager
def settle_arithmetic() -> Iterator[None]:
    """One thread, because more change the order of summation and with it the curve (a Transformer's bits differ at 1, 2
    and 4); denormals flushed, because the dying gates of an LSTM make them and a CPU multiplies them far slower.
    """
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    try:
        yield
    finally:
        torch.set_flush_denormal(False)
        torch.set_num_threads(threads)
