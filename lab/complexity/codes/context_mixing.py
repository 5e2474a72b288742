"""Context mixing (Mahoney 2005, PAQ): contexts of up to six bytes, words and matches, mixed by weights that learn.

The strongest of the codes for text, and the slowest: some 80 kB/s at either end. See `lab.complexity.mixing`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from lab.complexity.arithmetic import close_writer, drain, open_reader, open_writer
from lab.complexity.code import ByteCode
from lab.complexity.contexts import make_memory
from lab.complexity.mixing import SAYS_NOTHING, code_places

RUN = 4096  # bytes between two drainings of the tape


@dataclass(frozen=True)
class ContextMixing(ByteCode):
    """No dials."""

    most_symbols: ClassVar[int] = 2**17  # one to two seconds, and ten messages are described beside their baselines

    def encode(self, data: bytes) -> bytes:
        """What the binary coder wrote; it has no header."""
        memory, interval = make_memory(1, len(data)), open_writer(RUN)
        symbols, written = np.frombuffer(data, np.uint8).copy(), bytearray()
        for first in range(0, len(data), RUN):
            places = np.arange(first, min(first + RUN, len(data)))
            code_places(memory, interval, symbols, np.zeros_like(places), places, SAYS_NOTHING)
            written += drain(interval)
        return bytes(written) + close_writer(interval)

    def decode(self, description: bytes, length: int) -> bytes:
        """The data again."""
        symbols, places = np.zeros(length, np.uint8), np.arange(length)
        reader = open_reader(description)
        code_places(make_memory(1, length), reader, symbols, np.zeros_like(places), places, SAYS_NOTHING)
        return symbols.tobytes()


code = ContextMixing
