"""Zstandard (RFC 8878, Collet and Kucherawy 2021): LZ77 with finite-state entropy coding (Duda 2013).

The frame has no magic number, no content size and no checksum; its window grows with the message, to 8 MiB at level 19.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import zstandard

from lab.complexity.code import ByteCode

Level = Literal[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22]


@dataclass(frozen=True)
class Zstandard(ByteCode):
    """`level`: effort, 1 to 22."""

    header_bytes: ClassVar[int] = 1  # the frame's descriptor: nothing optional is present
    level: Level = 19

    def encode(self, data: bytes) -> bytes:
        """A frame without its magic number."""
        settings = zstandard.ZstdCompressionParameters.from_level(
            self.level,
            source_size=len(data),
            format=zstandard.FORMAT_ZSTD1_MAGICLESS,
            write_content_size=False,
            write_checksum=False,
            write_dict_id=False,
        )
        return zstandard.ZstdCompressor(compression_params=settings).compress(data)

    def decode(self, description: bytes, length: int) -> bytes:
        """The data again."""
        reader = zstandard.ZstdDecompressor(format=zstandard.FORMAT_ZSTD1_MAGICLESS)
        return reader.decompress(description, max_output_size=max(length, 1))


code = Zstandard
