"""Raw DEFLATE (RFC 1951, Deutsch 1996): LZ77 in a window of 32 KiB, then Huffman. What gzip and PNG wrap.

What lies further back than the window is not seen: a random block of 40 kB, repeated, costs two blocks.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import Literal

from lab.complexity.code import ConditionalByteCode

RAW = -15  # window of 2^15 bytes, no zlib header, no checksum


@dataclass(frozen=True)
class Deflate(ConditionalByteCode):
    """`level`: effort, 1 to 9."""

    level: Literal[1, 2, 3, 4, 5, 6, 7, 8, 9] = 9

    def encode(self, data: bytes) -> bytes:
        """The raw stream."""
        packer = zlib.compressobj(self.level, zlib.DEFLATED, RAW)
        return packer.compress(data) + packer.flush()

    def decode(self, description: bytes, length: int) -> bytes:
        """The data again."""
        return zlib.decompress(description, RAW, bufsize=max(length, 1))

    def encode_given(self, data: bytes, known: bytes) -> bytes:
        """The raw stream, its window filled with the last 32 KiB of `known`."""
        packer = zlib.compressobj(self.level, zlib.DEFLATED, RAW, zdict=known)
        return packer.compress(data) + packer.flush()

    def decode_given(self, description: bytes, length: int, known: bytes) -> bytes:
        """The data again."""
        reader = zlib.decompressobj(RAW, zdict=known)
        return reader.decompress(description) + reader.flush()


code = Deflate
