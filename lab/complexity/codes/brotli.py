"""Brotli (RFC 7932, Alakuijala and Szabadka 2016): LZ77, context-modelled Huffman codes, window of 16 MiB.

Its decoder knows a dictionary of 120 kB of words of the web, which helps text and markup beyond what they repeat.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import brotli

from lab.complexity.code import ByteCode

LOG_WINDOW = 24


@dataclass(frozen=True)
class Brotli(ByteCode):
    """`quality`: effort, 0 to 11."""

    most_symbols: ClassVar[int] = 2**24  # half a megabyte a second
    most_compared: ClassVar[int] = 2**17
    quality: Literal[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11] = 11

    def encode(self, data: bytes) -> bytes:
        """The stream, which has no constant byte."""
        described: bytes = brotli.compress(data, quality=self.quality, lgwin=LOG_WINDOW)
        return described

    def decode(self, description: bytes, length: int) -> bytes:
        """The data again."""
        data: bytes = brotli.decompress(description)
        return data


code = Brotli
