"""A linear congruential generator (Lehmer 1951; constants of Knuth, MMIX): 64 bits of seed, and they look endless.

Its Kolmogorov complexity is that of the seed and a line of arithmetic, so the entropy rate of what it yields is 0; no
code or statistic of the lab finds the rule in the high bits, and each will say one bit per symbol. Bit b repeats
after 2^(b+1) steps (Knuth 1997, section 3.2.1.1), so the low bits give it away.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lab.core.errors import InputError
from lab.core.fingerprint import hash_literal
from lab.core.seeds import open_stream
from lab.data.chains import Process

FACTOR, INCREMENT = np.uint64(6364136223846793005), np.uint64(1442695040888963407)


@dataclass(frozen=True)
class Prng(Process):
    """`bit`: which bit of the 64 of every state is yielded; 63 is the best, 0 alternates."""

    bit: int = 63
    known = "The bits hold 64 bits of seed in all, h = 0; what an efficient code can find of it is not known."

    def __post_init__(self) -> None:
        if not 0 <= self.bit <= 63:
            raise InputError("prng.bit", self.bit, "lies in 0 … 63")

    @property
    def vocabulary(self) -> int:
        """0 and 1."""
        return 2

    def content_hash(self) -> str:
        """SHA-256 of the dials and the version."""
        return hash_literal(["prng", self.version, self.bit])

    def open_windows(self, seed: int, block: int) -> np.random.Generator:
        """The stream of the seeds."""
        return open_stream(seed, "prng", "windows", block)

    def draw_windows(self, rng: np.random.Generator, count: int, window: int) -> np.ndarray:
        """Windows from independent seeds: x_t = a^t x_0 + c (a^t − 1)/(a − 1) modulo 2^64, all t at once."""
        seeds = rng.integers(2**64, size=(count, 1), dtype=np.uint64)
        powers = np.full(window + 1, FACTOR)
        powers[0] = 1
        powers = np.multiply.accumulate(powers)
        offsets = INCREMENT * np.concatenate([np.zeros(1, np.uint64), np.cumsum(powers[:-1], dtype=np.uint64)])
        windows: np.ndarray = ((powers * seeds + offsets) >> np.uint64(self.bit) & np.uint64(1)).astype(np.int64)
        return windows

    def _draw(self, length: int, seed: int) -> np.ndarray:
        path: np.ndarray = self.draw_windows(open_stream(seed, "prng", "draw"), 1, length - 1)[0]
        return path


source = Prng
