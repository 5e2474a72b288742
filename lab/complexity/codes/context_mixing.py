"""Context mixing (Mahoney 2005, PAQ): contexts of up to six bytes, words and matches, mixed by weights that learn.

The strongest of the codes for text, and the slowest: some 80 kB/s at either end. See `lab.complexity.mixing`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from lab.complexity.arithmetic import Interval, close_writer, drain, open_reader, open_writer
from lab.complexity.code import ConditionalByteCode
from lab.complexity.contexts import Memory, make_memory
from lab.complexity.mixing import SAYS_NOTHING, code_places

RUN = 4096  # bytes between two drainings of the tape


@dataclass(frozen=True)
class ContextMixing(ConditionalByteCode):
    """No dials."""

    most_symbols: ClassVar[int] = 2**17  # one to two seconds, and ten messages are described beside their baselines

    def encode(self, data: bytes) -> bytes:
        """What the binary coder wrote; it has no header."""
        return self.encode_given(data, b"")

    def decode(self, description: bytes, length: int) -> bytes:
        """The data again."""
        return self.decode_given(description, length, b"")

    def encode_given(self, data: bytes, known: bytes) -> bytes:
        """What was written of `data` after `known` was learned by writing it, too, for nobody."""
        symbols = np.frombuffer(known + data, np.uint8).copy()
        memory = make_memory(1, symbols)
        _write(memory, open_writer(RUN), 0, len(known))
        interval = open_writer(RUN)
        return _write(memory, interval, len(known), len(symbols)) + close_writer(interval)

    def decode_given(self, description: bytes, length: int, known: bytes) -> bytes:
        """The data again."""
        symbols = np.concatenate([np.frombuffer(known, np.uint8), np.zeros(length, np.uint8)])
        memory, places = make_memory(1, symbols), np.arange(len(known), len(symbols))
        _write(memory, open_writer(RUN), 0, len(known))
        code_places(memory, open_reader(description), np.zeros_like(places), places, SAYS_NOTHING)
        return symbols[len(known) :].tobytes()


def _write(memory: Memory, interval: Interval, start: int, stop: int) -> bytes:
    """What the symbols from `start` to `stop` add to the tape."""
    written = bytearray()
    for first in range(start, stop, RUN):
        places = np.arange(first, min(first + RUN, stop))
        code_places(memory, interval, np.zeros_like(places), places, SAYS_NOTHING)
        written += drain(interval)
    return bytes(written)


code = ContextMixing
