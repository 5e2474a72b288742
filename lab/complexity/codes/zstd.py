"""Zstandard (RFC 8878, Collet and Kucherawy 2021): LZ77 with finite-state entropy coding (Duda 2013).

The frame has no magic number, no content size and no checksum; its window grows with the message, to 8 MiB at level 19.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import zstandard

from lab.complexity.code import ConditionalByteCode

Level = Literal[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22]


@dataclass(frozen=True)
class Zstandard(ConditionalByteCode):
    """`level`: effort, 1 to 22."""

    header_bytes: ClassVar[int] = 1  # the frame's descriptor: nothing optional is present
    most_compared: ClassVar[int] = 2**17
    level: Level = 19

    def encode(self, data: bytes) -> bytes:
        """A frame without its magic number."""
        return zstandard.ZstdCompressor(compression_params=self._set(len(data))).compress(data)

    def decode(self, description: bytes, length: int) -> bytes:
        """The data again."""
        reader = zstandard.ZstdDecompressor(format=zstandard.FORMAT_ZSTD1_MAGICLESS)
        return reader.decompress(description, max_output_size=max(length, 1))

    def encode_given(self, data: bytes, known: bytes) -> bytes:
        """A frame with `known` before it, as a dictionary without statistics of its own."""
        settings = self._set(len(data) + len(known))
        return zstandard.ZstdCompressor(dict_data=_wrap(known), compression_params=settings).compress(data)

    def decode_given(self, description: bytes, length: int, known: bytes) -> bytes:
        """The data again."""
        reader = zstandard.ZstdDecompressor(dict_data=_wrap(known), format=zstandard.FORMAT_ZSTD1_MAGICLESS)
        return reader.decompress(description, max_output_size=max(length, 1))

    def _set(self, length: int) -> zstandard.ZstdCompressionParameters:
        return zstandard.ZstdCompressionParameters.from_level(
            self.level,
            source_size=length,
            format=zstandard.FORMAT_ZSTD1_MAGICLESS,
            write_content_size=False,
            write_checksum=False,
            write_dict_id=False,
        )


def _wrap(known: bytes) -> zstandard.ZstdCompressionDict:
    return zstandard.ZstdCompressionDict(known, dict_type=zstandard.DICT_TYPE_RAWCONTENT)


code = Zstandard
