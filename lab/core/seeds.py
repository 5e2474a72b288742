"""Named random streams: every use of chance has a name, so that adding one never shifts another."""

from __future__ import annotations

import hashlib

import numpy as np


def derive_seed(seed: int, *names: str | int) -> int:
    """A 63-bit seed for the stream `names` of run seed `seed`; equal on every machine and Python version."""
    text = "/".join([str(int(seed)), *map(str, names)])
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") >> 1


def open_stream(seed: int, *names: str | int) -> np.random.Generator:
    """A NumPy generator of its own for the named use, e.g. `open_stream(0, "data", "order", epoch)`."""
    return np.random.Generator(np.random.PCG64(derive_seed(seed, *names)))
