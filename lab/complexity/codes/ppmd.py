"""PPMd variant H (Shkarin 2002, 'PPM: one step to practicality'): prediction by partial matching, range-coded.

Among quick codes the shortest on text. The model is forgotten and begun again when it has filled its memory.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import pyppmd

from lab.complexity.code import ByteCode


@dataclass(frozen=True)
class Ppmd(ByteCode):
    """`order`: longest context in bytes, 2 to 64; `mebibytes`: memory of the model, of encoder and decoder alike."""

    header_bytes: ClassVar[int] = 1  # the first byte of its range coder is always 0
    most_symbols: ClassVar[int] = 2**25  # three megabytes a second
    order: Literal[2, 3, 4, 5, 6, 8, 12, 16, 24, 32, 64] = 16
    mebibytes: Literal[1, 4, 16, 64, 128, 256, 512] = 256

    def encode(self, data: bytes) -> bytes:
        """The stream."""
        packer = pyppmd.Ppmd7Encoder(self.order, self.mebibytes << 20)
        described: bytes = packer.encode(data) + packer.flush()
        return described

    def decode(self, description: bytes, length: int) -> bytes:
        """The data again: the stream has no end mark, so its length must be known."""
        reader = pyppmd.Ppmd7Decoder(self.order, self.mebibytes << 20)
        data: bytes = reader.decode(description, length)
        return data


code = Ppmd
