"""The Thue–Morse sequence, 0 → 01, 1 → 10, from a random place on (Thue 1912, Morse 1921): simple and endlessly deep.

h = 0, yet the block entropies grow like the logarithm of their length, so E and C_μ diverge: no finite memory will do
(Crutchfield and Feldman 2003, arXiv cond-mat/0102181, section V.C). The frequency of every finite word is known
(Dekking 1992): pairs 00, 01, 10, 11 have ⅙, ⅓, ⅓, ⅙, and a longer word stands at a uniform place of the image of one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from lab.core.fingerprint import hash_literal
from lab.core.seeds import open_stream
from lab.data.chains import Process

PAIRS = ((0, 0), (0, 1), (1, 0), (1, 1))
FREQUENCIES = (1 / 6, 1 / 3, 1 / 3, 1 / 6)


@dataclass(frozen=True)
class ThueMorse(Process):
    """No dials: there is one."""

    entropy_rate = 0.0
    excess_entropy = math.inf
    statistical_complexity = math.inf
    known = "h = 0 and the frequency of every word; E and C_μ diverge, so no estimate of them can be right."

    @property
    def vocabulary(self) -> int:
        """0 and 1."""
        return 2

    def content_hash(self) -> str:
        """SHA-256 of the name and the version."""
        return hash_literal(["thue_morse", self.version])

    def open_windows(self, seed: int, block: int) -> np.random.Generator:
        """A stream of its own."""
        return open_stream(seed, "thue_morse", "windows", block)

    def draw_windows(self, rng: np.random.Generator, count: int, window: int) -> np.ndarray:
        """Windows at random places: the pair by its frequency, the offset in its image uniform."""
        size = _choose_image(window + 1)
        pair = rng.choice(len(PAIRS), count, p=FREQUENCIES)
        place = rng.integers(size, size=count)[:, None] + np.arange(window + 1)
        symbol = np.array(PAIRS)[pair[:, None], place // size]
        windows: np.ndarray = symbol ^ _parity(place % size)
        return windows

    def _draw(self, length: int, seed: int) -> np.ndarray:
        path: np.ndarray = self.draw_windows(open_stream(seed, "thue_morse", "draw"), 1, length - 1)[0]
        return path

    def true_loss(self, windows_WT: np.ndarray) -> np.ndarray:
        """Exact: the weight of the places that fit the window so far, over that of those that fit one symbol less."""
        size = _choose_image(windows_WT.shape[1])
        image = np.concatenate([_parity(np.arange(size))] * 2)
        texts_PT = np.stack([image ^ np.repeat(pair, size) for pair in PAIRS])
        weights_H = np.repeat(FREQUENCIES, size) / size
        fits_WH = np.ones((len(windows_WT), len(weights_H)), dtype=bool)
        mass_WT = np.empty(windows_WT.shape)
        for t in range(windows_WT.shape[1]):
            fits_WH &= texts_PT[:, t : t + size].ravel() == windows_WT[:, t, None]
            mass_WT[:, t] = fits_WH @ weights_H
        with np.errstate(divide="ignore", invalid="ignore"):
            loss = np.log(mass_WT[:, :-1]) - np.log(mass_WT[:, 1:])
        return np.where(mass_WT[:, 1:] > 0, loss, np.inf)


source = ThueMorse


def _choose_image(length: int) -> int:
    """2^k such that a word of this length begins in the first half of the image of a pair and ends within it."""
    return 1 << max(length - 1, 1).bit_length()


def _parity(places: np.ndarray) -> np.ndarray:
    """Ones in the binary expansion, modulo 2: the sequence itself, by its place."""
    ones: np.ndarray = np.bitwise_count(places).astype(np.int64)
    return ones & 1
