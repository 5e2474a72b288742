"""LZMA2 (Pavlov 2009, the filter inside .xz and .7z), raw: LZ77 in a large window, range-coded with adaptive contexts.

The window is the whole message up to 16 MiB: beyond that, repeats further apart are not seen (the encoder takes ten
times its window of memory).
"""

from __future__ import annotations

import lzma
from dataclasses import dataclass
from typing import ClassVar, Literal

from lab.complexity.code import ByteCode

SMALLEST_WINDOW, LARGEST_WINDOW = 2**12, 2**24


@dataclass(frozen=True)
class Lzma(ByteCode):
    """`level`: the preset, 0 to 9, always in its 'extreme' variant."""

    header_bytes: ClassVar[int] = 1  # the byte that ends an LZMA2 stream
    most_compared: ClassVar[int] = 2**17
    level: Literal[0, 1, 2, 3, 4, 5, 6, 7, 8, 9] = 9

    def encode(self, data: bytes) -> bytes:
        """The raw stream."""
        return lzma.compress(data, lzma.FORMAT_RAW, filters=self._filters(len(data)))

    def decode(self, description: bytes, length: int) -> bytes:
        """The data again."""
        return lzma.decompress(description, lzma.FORMAT_RAW, filters=self._filters(length))

    def _filters(self, length: int) -> list[dict[str, int]]:
        window = min(max(length, SMALLEST_WINDOW), LARGEST_WINDOW)
        return [{"id": lzma.FILTER_LZMA2, "preset": self.level | lzma.PRESET_EXTREME, "dict_size": window}]


code = Lzma
