"""A word repeated for ever from a random phase: h = 0, and all its information is the phase, E = C_μ = log period.

Crutchfield and Feldman 2003, arXiv cond-mat/0102181, section V.A.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lab.core.errors import InputError
from lab.core.seeds import open_stream
from lab.data.chains.unifilar import Machine, Unifilar

LONGEST = 256


@dataclass(frozen=True)
class Periodic(Unifilar):
    """`word`: what is repeated, digits; a word that is itself a repetition counts as its shortest part."""

    word: str = "0010111"
    known = "Everything: h = 0 and E = C_μ = log of the word's period."

    def __post_init__(self) -> None:
        if not (2 <= len(self.word) <= LONGEST and self.word.isascii() and self.word.isdigit()):
            raise InputError("periodic.word", self.word, f"is 2 to {LONGEST} digits", "for example 0010111")

    @property
    def period(self) -> int:
        """Of the infinite repetition: where the word is found again in itself (Lothaire 1983)."""
        return (self.word + self.word).index(self.word, 1)

    def build_machine(self) -> Machine:
        """A state per phase."""
        digits = np.array([int(digit) for digit in self.word[: self.period]])
        emits = np.zeros((self.period, max(2, int(digits.max()) + 1)))
        emits[np.arange(self.period), digits] = 1.0
        following = (np.arange(self.period) + 1) % self.period
        return Machine(emits, np.repeat(following[:, None], emits.shape[1], axis=1))

    def _draw(self, length: int, seed: int) -> np.ndarray:
        # Paths of different phase never meet, so following one in pieces would be slow; the word itself is the path.
        phase = int(open_stream(seed, "periodic", "draw").integers(self.period))
        word = np.array([int(digit) for digit in self.word[: self.period]], dtype=np.int64)
        return word[(phase + np.arange(length)) % self.period]


source = Periodic
