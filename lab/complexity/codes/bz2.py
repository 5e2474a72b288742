"""bzip2 (Seward 1996) on the block-sorting transform of Burrows and Wheeler 1994, in blocks of up to 900 kB.

It has no window: within a block everything is seen. Two checksums and the end marker, 14 bytes that do not stand at a
byte's edge, stay in the count.
"""

from __future__ import annotations

import bz2
from dataclasses import dataclass
from typing import ClassVar, Literal

from lab.complexity.code import ByteCode


@dataclass(frozen=True)
class Bzip2(ByteCode):
    """`level`: block size in units of 100 kB, 1 to 9."""

    header_bytes: ClassVar[int] = 10  # 'BZh9' and the magic number of the first block
    level: Literal[1, 2, 3, 4, 5, 6, 7, 8, 9] = 9

    def encode(self, data: bytes) -> bytes:
        """The stream, header included."""
        return bz2.compress(data, self.level)

    def decode(self, description: bytes, length: int) -> bytes:
        """The data again."""
        return bz2.decompress(description)


code = Bzip2
